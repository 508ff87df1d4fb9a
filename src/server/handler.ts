/** What a handler is: the types that tie each route to the one function that serves it. */
import type { Answer, Body, CallName, Params, Query, StreamName } from "#contract/call";
import type { Channel } from "./stream/channel.ts";

export interface Call<N extends CallName | StreamName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
  /** Aborted when whoever asked has gone, and when the daemon stops. */
  readonly signal: AbortSignal;
}

export type Handler<N extends CallName> = (call: Call<N>) => Promise<Answer<N>>;
export type Handlers<N extends CallName> = { readonly [K in N]: Handler<K> };

/** Ends when the stream has; what it throws becomes the stream's error frame. */
export type StreamHandler<N extends StreamName> = (channel: Channel, call: Call<N>) => Promise<void>;
export type StreamHandlers<N extends StreamName> = { readonly [K in N]: StreamHandler<K> };

/** Every route has its handler: one that is missing fails the type check in handlers.ts. */
export interface AllHandlers {
  readonly calls: Handlers<CallName>;
  readonly streams: StreamHandlers<StreamName>;
}
