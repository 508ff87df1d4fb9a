/**
 * Every endpoint, once. Pure data with types and no imports but more of it, so that the command line and
 * the browser load it at no cost. Schemas are named here and found in schemas.ts by the server.
 *
 * Long work answers 202 with an Operation. `stream` endpoints are WebSockets; their frames are in stream.ts.
 */
import type { Permission } from "./access.ts";
import type { ErrorCode } from "./errors.ts";
import { accessRoutes } from "./routes/access.ts";
import { consoleRoutes } from "./routes/console.ts";
import { diskRoutes } from "./routes/disk.ts";
import { eventRoutes } from "./routes/event.ts";
import { guestRoutes } from "./routes/guest.ts";
import { hostRoutes } from "./routes/host.ts";
import { imageRoutes } from "./routes/image.ts";
import { networkRoutes } from "./routes/network.ts";
import { operationRoutes } from "./routes/operation.ts";
import { passkeyRoutes } from "./routes/passkey.ts";
import { providerRoutes } from "./routes/provider.ts";
import type { Schemas } from "./schemas.ts";

export type SchemaName = keyof Schemas;

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly body?: SchemaName;
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
  /** The answer's media type, where it is not JSON. */
  readonly media?: string;
  readonly errors: readonly ErrorCode[];
}

export const routes = {
  ...guestRoutes,
  ...diskRoutes,
  ...consoleRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...operationRoutes,
  ...eventRoutes,
  ...hostRoutes,
  ...accessRoutes,
  ...passkeyRoutes,
  ...providerRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
