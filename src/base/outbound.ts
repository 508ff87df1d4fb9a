/**
 * HTTP requests to addresses that a user gave: a name is resolved once, every address it has is judged, and the
 * connection goes to one that was. So a name cannot lead to one address when it is checked and to another when
 * it is used, and no redirect leads where the first address may not.
 */
import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { LodgeError } from "#contract/errors";
import { Semaphore } from "./queue.ts";

/** May this IP address be reached? */
export type AddressFilter = (address: string) => boolean;

export interface OutboundRequest {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Without one every address may be reached. */
  readonly may?: AddressFilter | undefined;
}

const anywhere: AddressFilter = () => true;

/** @throws LodgeError api.address_closed where it is known that the address may not be reached. */
export async function requireOpen(url: string, may: AddressFilter): Promise<void> {
  await resolveOpen(hostOf(new URL(url)), may).catch((error: unknown) => {
    // A name that is not known yet may be known when it is used, and is looked at then.
    if (error instanceof LodgeError) throw error;
  });
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/** A proxy that Node was told to use makes the connection in our place: it is then for the name alone that we can look. */
const proxied = (): boolean => process.env["NODE_USE_ENV_PROXY"] === "1";

/** As Node says it of a connection that ends. */
export class Cut extends Error {
  readonly code = "ECONNRESET";
}

/**
 * Sends a request; resolves with the answer's head, whose content is to be read or destroyed.
 *
 * @throws LodgeError api.address_closed; what node:http throws; the signal's reason when aborted.
 */
export async function sendOut({
  url,
  method = "GET",
  headers = {},
  body,
  signal,
  may = anywhere,
}: OutboundRequest): Promise<IncomingMessage> {
  signal?.throwIfAborted();
  const target = new URL(url);
  const addresses = await resolveOpen(hostOf(target), may);
  signal?.throwIfAborted();
  const options = {
    method,
    headers,
    agent: proxied() ? undefined : false,
    ...(signal ? { signal } : {}),
    ...(proxied() ? {} : { lookup: fixed(addresses) }),
  } as const;
  return new Promise((resolve, reject) => {
    const request =
      target.protocol === "https:"
        ? process.getBuiltinModule("node:https").request(target, options, resolve)
        : process.getBuiltinModule("node:http").request(target, options, resolve);
    request.once("error", (error) => reject(signal?.aborted ? signal.reason : error));
    // Who switches to another protocol unasked (101) is hung up on by Node, without a word of an error.
    request.once("close", () => reject(new Cut("the connection ended without an answer")));
    request.end(body);
  });
}

/**
 * A name that nobody answers for holds one of libuv's four threads for many seconds, and files are read and written by
 * the same: no more of them wait at once.
 */
const lookups = new Semaphore(2);

/** A host's addresses. One that may not be reached among them makes all of it suspect. */
export async function resolveOpen(host: string, may: AddressFilter): Promise<LookupAddress[]> {
  const family = isIP(host);
  const found =
    family === 0 ? await lookups.run(() => lookup(host, { all: true })) : [{ address: host, family }];
  if (!found.every(({ address }) => may(address))) throw new LodgeError("api.address_closed", { host });
  return found;
}

type LookupCallback = (error: null, address: string | LookupAddress[], family?: number) => void;

/** Answers with what was resolved before, as dns.lookup does. */
export const fixed =
  (addresses: readonly LookupAddress[]) =>
  (_host: string, { all, family }: LookupOptions, done: LookupCallback): void => {
    const fitting = addresses.filter((each) => !family || each.family === family);
    if (all) return done(null, [...fitting]);
    const [first = addresses[0]] = fitting;
    done(null, first?.address ?? "", first?.family);
  };
