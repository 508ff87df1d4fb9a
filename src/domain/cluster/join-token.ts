/**
 * What lets one host join: where the cluster is, by whose certificate it is known, and a secret that counts once.
 *
 *   lodge-join-BASE64URL([["198.51.100.7:8470", …], SHA-256 of the authority's certificate, secret])
 */
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Store } from "#durable/store/store";
import { create } from "#durable/store/update";
import { digestOf, newSecret } from "../access/secret.ts";
import { tokenKey, tokenPrefix, type TokenRecord } from "./records.ts";

/** So that a scanner of published files knows one. */
const mark = "lodge-join-";
const usualSeconds = 3600;

export interface JoinToken {
  /** "HOST:PORT" of members' peer doors. */
  readonly addresses: readonly string[];
  /** SHA-256 of the authority's certificate, in hexadecimal with colons. */
  readonly fingerprint: string;
  readonly secret: string;
}

export const writeToken = ({ addresses, fingerprint, secret }: JoinToken): string =>
  mark +
  Buffer.from(JSON.stringify([addresses, fingerprint.replaceAll(":", ""), secret])).toString("base64url");

/** @throws LodgeError cluster.token_malformed */
export function readToken(text: string): JoinToken {
  try {
    if (!text.startsWith(mark)) throw new SyntaxError("no mark");
    const parts = JSON.parse(Buffer.from(text.slice(mark.length), "base64url").toString("utf8")) as unknown[];
    const [addresses, hex, secret] = parts;
    const isText = (value: unknown): value is string => typeof value === "string";
    if (!Array.isArray(addresses) || !addresses.every(isText) || !isText(hex) || !isText(secret))
      throw new SyntaxError("not its parts");
    return { addresses, fingerprint: (hex.match(/../g) ?? []).join(":"), secret };
  } catch (cause) {
    throw new LodgeError("cluster.token_malformed", {}, { cause });
  }
}

export interface TokenParts {
  readonly store: Store;
  readonly clock: Clock;
}

/** Makes a secret that counts once; those that have run out are forgotten. */
export async function makeToken(
  { store, clock }: TokenParts,
  seconds = usualSeconds,
): Promise<{ readonly secret: string; readonly expiresAt: number }> {
  const now = clock.now();
  const { items } = await store.list(tokenPrefix, { limit: 100 });
  const over = items.filter(({ value }) => (value as TokenRecord).expiresAt <= now).map(({ key }) => key);
  if (over.length > 0) await store.transact({ delete: over });
  const secret = newSecret();
  const record: TokenRecord = { createdAt: now, expiresAt: now + seconds * 1000 };
  await create(store, tokenKey(digestOf(secret)), record);
  return { secret, expiresAt: record.expiresAt };
}

/** The key of a token that counts, and its revision: to be taken away by whoever uses it. @throws LodgeError cluster.token_invalid */
export async function findToken(
  { store, clock }: TokenParts,
  secret: string,
): Promise<{ readonly key: string; readonly revision: number }> {
  const item = await store.get(tokenKey(digestOf(secret)));
  if (!item || (item.value as TokenRecord).expiresAt <= clock.now())
    throw new LodgeError("cluster.token_invalid");
  return { key: item.key, revision: item.revision };
}
