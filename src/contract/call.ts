/** What goes into and comes out of a call, derived from routes.ts: types alone, for both ends. */
import type { Permission } from "./access.ts";
import type { Operation } from "./operation.ts";
import type { SchemaName } from "./route.ts";
import type { RouteName, routes } from "./routes.ts";
import type { Schemas } from "./schemas.ts";

type Routes = typeof routes;

/** Routes that are WebSockets. */
export type StreamName = { [N in RouteName]: Routes[N] extends { stream: true } ? N : never }[RouteName];
/** Streams that are also served as server-sent events. */
export type SseName = { [N in StreamName]: Routes[N] extends { sse: true } ? N : never }[StreamName];
/** What hosts of a cluster ask each other. */
export type PeerName = { [N in CallName]: Routes[N] extends { permission: "peer" } ? N : never }[CallName];
/** Routes that are one question and one answer. */
export type CallName = Exclude<RouteName, StreamName>;

type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type SchemaOf<N extends RouteName, Part extends "query" | "body"> =
  Routes[N] extends Record<Part, infer S extends SchemaName> ? Schemas[S] : Record<never, never>;

export type Params<N extends RouteName> = Readonly<Record<ParamNames<Routes[N]["path"]>, string>>;
/** What a route takes besides its own query where it is about projects: see takesProject() in routes.ts. */
export type Query<N extends RouteName> = SchemaOf<N, "query"> &
  (Routes[N] extends { permission: Exclude<Permission, "self" | "anyone" | "peer"> }
    ? { readonly project?: string | undefined }
    : Record<never, never>) &
  (Routes[N] extends { intrudes: "inside" | "copy" }
    ? { readonly reason?: string | undefined }
    : Record<never, never>);
export type Body<N extends RouteName> = SchemaOf<N, "body">;

/** What a route answers with; a list without its envelope. */
export type Answer<N extends CallName> = Routes[N] extends { operation: true }
  ? Operation
  : Routes[N] extends { media: infer Media }
    ? Media extends "text/plain"
      ? string
      : Uint8Array
    : Routes[N] extends { returns: infer S extends SchemaName }
      ? Routes[N] extends { list: true }
        ? readonly Schemas[S][]
        : Schemas[S]
      : void;

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The items as JSON, where whoever made the page has that already. */
  readonly json?: readonly string[];
  /** The cursor of the page after it, where there is one. */
  readonly next?: string;
  /** Of a list that each host of a cluster has its own part of: hosts whose items are not among these. */
  readonly unanswered?: readonly string[];
  /** Where to follow events from, so that nothing is missed after this list. */
  readonly at: string;
}

/** Lists that come in pages. */
export type PagedName = { [N in CallName]: Routes[N] extends { paged: true } ? N : never }[CallName];

/** Lists that each host of a cluster has its own part of. */
export type SpreadName = { [N in CallName]: Routes[N] extends { spread: true } ? N : never }[CallName];

/** A file that is served in parts. */
export interface ServedFile {
  readonly path: string;
  /** Bytes of it that may be read. */
  readonly size: number;
  /** What a browser saves it as. */
  readonly name: string;
}

/** A file that is nowhere but on its way. */
export interface PassingFile {
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes. */
  readonly size: number;
  /** What a browser saves it as. */
  readonly name: string;
}

/** What a handler gives: as the answer, but lists of pages with what stands around their items, and files by where they are. */
export type Given<N extends CallName> = Routes[N] extends { ranges: true }
  ? ServedFile
  : Routes[N] extends { file: true }
    ? PassingFile
    : N extends PagedName
      ? Answer<N> extends readonly (infer T)[]
        ? Page<T>
        : never
      : Answer<N>;
