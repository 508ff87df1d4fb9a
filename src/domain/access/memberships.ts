/**
 * The groups and claims that an account has: those that an admin gave here, and those that its provider told last. Who is
 * entitled to what goes by them.
 */
import type { Told, UserRecord } from "./record.ts";

export interface Memberships {
  readonly name: string;
  readonly groups: readonly string[];
  /** "claim=value". */
  readonly claims: readonly string[];
}

const mostGroups = 500;
const mostClaims = 200;
const longestGroup = 128;
const longestClaim = 256;

/** What says how a token is to be read, and nothing of whom it is about. */
const protocolClaims = new Set(
  "iss aud exp iat nbf jti nonce at_hash c_hash s_hash azp sid auth_time updated_at".split(" "),
);

export const membershipsOf = ({ name, groups = [], told }: UserRecord): Memberships => ({
  name,
  groups: [...new Set([...groups, ...(told?.groups ?? [])])],
  claims: told?.claims ?? [],
});

const isPlain = (text: string): boolean => text !== "" && !/\p{Cc}/u.test(text);

/** As many of these names as an account keeps. One that is too long is left out: cut short, it may be another's. */
export const keptGroups = (names: readonly string[]): string[] =>
  [...new Set(names)].filter((name) => isPlain(name) && name.length <= longestGroup).slice(0, mostGroups);

/** A claim's values as text: its own or, of a list, each. */
export const valuesOf = (claim: unknown): string[] =>
  (Array.isArray(claim) ? claim : [claim]).flatMap((value: unknown) =>
    ["string", "number", "boolean"].includes(typeof value) ? [String(value)] : [],
  );

/** What an account keeps of an ID token. */
export function toldByToken(
  provider: string,
  claims: Readonly<Record<string, unknown>>,
  groupsClaim: string,
  at: number,
): Told {
  const said = Object.entries(claims)
    .filter(([name]) => !protocolClaims.has(name))
    .flatMap(([name, claim]) => valuesOf(claim).map((value) => `${name}=${value}`))
    .filter((claim) => isPlain(claim) && claim.length <= longestClaim);
  return {
    provider,
    at,
    groups: keptGroups(valuesOf(claims[groupsClaim])),
    claims: [...new Set(said)].slice(0, mostClaims),
  };
}
