/**
 * The client of a page that the daemon served: the same calls by fetch, to where the page came from and with
 * its session's cookie. Imports nothing of Node's.
 */
import { LodgeError } from "#contract/errors";
import {
  answerError,
  createCalls,
  type Calls,
  type RawAnswer,
  type RawRequest,
  type Send,
  type Usual,
} from "./request.ts";

export interface BrowserOptions {
  /** Where the daemon is, as `location.origin` says it. */
  readonly origin: string;
  readonly fetch?: typeof globalThis.fetch;
}

export const createBrowserCalls = (options: BrowserOptions, usual?: Usual): Calls =>
  createCalls(createBrowserSend(options), options.origin, usual);

/** What carries a call. */
export const createBrowserSend =
  ({ origin, fetch = globalThis.fetch.bind(globalThis) }: BrowserOptions): Send =>
  (request) =>
    send(fetch, origin, request);

export const createBrowserCall = (options: BrowserOptions): Calls["call"] => createBrowserCalls(options).call;

async function send(
  fetch: typeof globalThis.fetch,
  origin: string,
  { method, path, body, headers, signal }: RawRequest,
): Promise<RawAnswer> {
  let response: Response;
  let content: Uint8Array;
  try {
    response = await fetch(`${origin}${path}`, {
      method,
      credentials: "same-origin",
      // Freshness is what events are for: an answer out of the browser's cache would undo them.
      cache: "no-store",
      ...(body === undefined ? {} : { body }),
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(signal ? { signal } : {}),
    });
    content = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    // A page is not told why it failed: that nobody answers and that an answer broke off look alike.
    throw new LodgeError("api.daemon_unreachable", { address: origin }, { cause });
  }
  if (response.ok) return { body: content, etag: response.headers.get("etag") ?? undefined };
  throw answerError(response.status, content, origin);
}
