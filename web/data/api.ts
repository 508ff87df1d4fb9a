/** The daemon that served this page, and its errors as the whole interface shows them. */
import { createBrowserCalls, createBrowserSend } from "#client/browser";
import { asLodgeError, type LodgeError } from "#contract/errors";
import type { CallName } from "#contract/call";
import { routes, type RouteName } from "#contract/routes";
import { projectOf } from "./project.ts";

export const origin = globalThis.location?.origin ?? "http://127.0.0.1";
/** What calls have besides. `reason`: why an admin reaches into the desktop whose guest he looks at. */
export const usual = { project: projectOf, reason: undefined as string | undefined };
const calls = createBrowserCalls({ origin }, usual);
export const call = calls.call;
/** A list that each host of a cluster has its own part of, with the hosts that did not answer. */
export const spread = calls.spread;
/** One page of a list. */
export const pageOf = calls.page;
/** Carries what is no call: pieces of files. */
export const send = createBrowserSend({ origin });

type Routes = typeof routes;
/** Routes that only read. */
export type ReadName = {
  [N in CallName]: Routes[N] extends { method: "GET" } ? N : never;
}[CallName];
/** Routes that change something. */
export type ChangeName = Exclude<CallName, ReadName>;

/** A route's path below the daemon's address, for what is not a call: streams, pictures. */
export function pathOf(name: RouteName, params: Readonly<Record<string, string>> = {}): string {
  return routes[name].path.replace(/:(\w+)/g, (_, part: string) => encodeURIComponent(params[part] ?? ""));
}

/** The same path as a WebSocket's address. */
export const socketUrl = (path: string): string => `${origin.replace(/^http/, "ws")}${path}`;

export const errorOf = (error: unknown): LodgeError => asLodgeError(error);
