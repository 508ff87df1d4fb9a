/** What is said of an endpoint: its row in routes.ts. */
import type { Permission } from "./access.ts";
import type { ErrorCode } from "./errors.ts";
import type { Schemas } from "./schemas.ts";

export type SchemaName = keyof Schemas;

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly body?: SchemaName;
  /** The body is a piece of a file, as it stands. */
  readonly bytes?: true;
  readonly query?: SchemaName;
  readonly returns?: SchemaName;
  /** The answer is `{items: T[]}`. */
  readonly list?: true;
  /** A list of pages: `{items, next?, at}`. `next` is the following page's cursor, `at` where to follow events from. */
  readonly paged?: true;
  /** The answer is 202 and an Operation. */
  readonly operation?: true;
  /** A WebSocket. */
  readonly stream?: true;
  /** A ticket in its query, which the handler redeems, stands for the permission. */
  readonly ticket?: true;
  /** The stream is also served as server-sent events, to whoever accepts text/event-stream. */
  readonly sse?: true;
  /** What tus 1.0 has headers for is also in headers; to whoever speaks it (Tus-Resumable), in them alone. */
  readonly tus?: true;
  /** The answer's media type, where it is not JSON. */
  readonly media?: string;
  readonly errors: readonly ErrorCode[];
}
