/** What a handler is: the types that tie each route to the one function that serves it. */
import type { Body, CallName, Given, Params, Query, SseName, StreamName } from "#contract/call";
import type { Permission } from "#contract/access";
import type { LodgeError } from "#contract/errors";
import type { routes } from "#contract/routes";
import type { Actor, Origin } from "#domain/access/actor";
import type { Piece } from "#domain/upload/receive";
import type { Sight } from "#domain/access/sight";
import type { Holding } from "./admission.ts";
import type { Peer, Visitor } from "./caller.ts";
import type { Channel } from "./stream/channel.ts";
import type { Outlet } from "./stream/outlet.ts";

type ActorOf<N extends CallName | StreamName> = (typeof routes)[N] extends
  | { readonly permission: "anyone" | "peer" }
  | { readonly ticket: true }
  ? Actor | undefined
  : Actor;

export interface Call<N extends CallName | StreamName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
  /** Of a route that takes a file: the piece that came. */
  readonly piece: (typeof routes)[N] extends { readonly bytes: true } ? Piece : undefined;
  /** Who asks; he may do what the route needs, with what params and the route's subject name: by its id. */
  readonly actor: ActorOf<N>;
  /** Of a route for hosts of the cluster: the one that asks; of one by which a host joins, none. */
  readonly peer: (typeof routes)[N] extends { readonly joins: true }
    ? undefined
    : (typeof routes)[N] extends { readonly permission: "peer" }
      ? Peer
      : unknown;
  /** Of a route for hosts from outside: the one that asks. */
  readonly visitor: (typeof routes)[N] extends { readonly visits: true } ? Visitor : undefined;
  readonly origin: Origin;
  /** The project that it is about: that of the object, or the one that is named. */
  readonly project: string;
  /** What the actor sees of lists. */
  readonly sight: Sight;
  /** Is only what is on this host wanted, of lists of all hosts? */
  readonly alone: boolean;
  /** Throws where the object is not as whoever asked believes: for handlers that change it in a transaction. */
  readonly match?: (object: unknown) => void;
  /** Aborted when whoever asked has gone, and when the daemon stops. */
  readonly signal: AbortSignal;
  /** Why whoever asks may not do what needs this, also long after he asked; undefined where he may. */
  readonly obstacle: (needed: Permission) => Promise<LodgeError | undefined>;
  /**
   * Ends this stream once a further one, whose it is as well, may not have it. Streams only.
   * @throws LodgeError the obstacle, where there is one now; api.too_many_streams
   */
  readonly hold: (holding: Holding) => Promise<void>;
  /** Has the audit log say what else matters of it. */
  readonly note: (detail: string) => void;
  /** Gives the browser its session to keep, or takes it away. Not for streams. */
  keepSession(
    session:
      | { readonly secret: string; readonly expiresAt: number; readonly user?: string | undefined }
      | undefined,
  ): void;
}

export type Handler<N extends CallName> = (call: Call<N>) => Promise<Given<N>>;
export type Handlers<N extends CallName> = { readonly [K in N]: Handler<K> };

/** Ends when the stream has; what it throws becomes the stream's error frame. */
export type StreamHandler<N extends StreamName> = N extends SseName
  ? (outlet: Outlet, call: Call<N>) => Promise<void>
  : (channel: Channel, call: Call<N>) => Promise<void>;
export type StreamHandlers<N extends StreamName> = { readonly [K in N]: StreamHandler<K> };

/** Every route has its handler: one that is missing fails the type check in handlers.ts. */
export interface AllHandlers {
  readonly calls: Handlers<CallName>;
  readonly streams: StreamHandlers<StreamName>;
}
