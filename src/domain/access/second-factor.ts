/**
 * The second factor: an authenticator app's codes, and codes on paper for when the telephone is gone.
 *
 *   none ──begin()──► a secret that waits ten minutes ──confirm(its code)──► asked for at each sign-in
 *     ▲                                                                              │
 *     └───────────────────────── remove(), or a link that says so ──────────────────┘
 */
import { randomBytes } from "node:crypto";
import { LodgeError } from "#contract/errors";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import { findUser, userKey, type AccessParts, type UserRecord } from "./record.ts";
import { digestOf } from "./secret.ts";
import { base32, newTotpSecret, stepOfCode, totpUri } from "./totp.ts";
import { changeUser } from "./users.ts";

export interface FactorParts extends AccessParts {
  readonly key: SealKey;
  /** What apps show the account under. */
  readonly title: string;
}

const patience = 600_000;
const recoveryCodes = 10;

const seal = ({ key }: FactorParts, user: string, secret: Buffer): string =>
  sealSecret(key, secret.toString("base64url"), userKey(user));
const unseal = ({ key }: FactorParts, user: string, sealed: string): Buffer =>
  Buffer.from(openSecret(key, sealed, userKey(user)), "base64url");

/** A secret for an app; it counts once one of its codes was shown. @throws LodgeError access.factor_there */
export async function beginFactor(
  parts: FactorParts,
  user: string,
): Promise<{ secret: string; uri: string }> {
  const secret = newTotpSecret();
  const pending = { secret: seal(parts, user, secret), expiresAt: parts.clock.now() + patience };
  const { name } = await changeUser(parts, user, (now) => {
    if (now.secondFactor) throw new LodgeError("access.factor_there");
    return { ...now, pendingFactor: pending };
  });
  return { secret: base32(secret), uri: totpUri(secret, parts.title, name) };
}

/** The codes for paper, shown this once. @throws LodgeError access.factor_not_begun, access.code_wrong */
export async function confirmFactor(parts: FactorParts, user: string, code: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodes }, newRecoveryCode);
  await changeUser(parts, user, ({ pendingFactor: pending, ...now }) => {
    if (!pending || pending.expiresAt <= parts.clock.now()) throw new LodgeError("access.factor_not_begun");
    const step = stepOfCode(unseal(parts, user, pending.secret), code, parts.clock.now(), 0);
    if (step === undefined) throw new LodgeError("access.code_wrong");
    const recovery = codes.map(digestOf);
    return { ...now, secondFactor: { secret: pending.secret, lastStep: step, recovery } };
  });
  return codes;
}

/** 80 bits in groups that can be read aloud. */
const newRecoveryCode = (): string => (base32(randomBytes(10)).toLowerCase().match(/.{4}/g) ?? []).join("-");

export const withoutFactor = ({ secondFactor: _, pendingFactor: __, ...user }: UserRecord): UserRecord =>
  user;

/**
 * An account's record with this code used up, an app's or one from paper.
 *
 * @throws LodgeError access.code_needed where none is given, access.code_wrong
 */
export function usingCode(parts: FactorParts, user: UserRecord, code: string | undefined): UserRecord {
  const { secondFactor: factor } = user;
  if (!factor) return user;
  if (code === undefined) throw new LodgeError("access.code_needed");
  const given = code.replaceAll(/\s/g, "").toLowerCase();
  const step = stepOfCode(unseal(parts, user.id, factor.secret), given, parts.clock.now(), factor.lastStep);
  if (step !== undefined) return { ...user, secondFactor: { ...factor, lastStep: step } };
  const digest = digestOf(given);
  if (!factor.recovery.includes(digest)) throw new LodgeError("access.code_wrong");
  return {
    ...user,
    secondFactor: { ...factor, recovery: factor.recovery.filter((left) => left !== digest) },
  };
}

/** Uses a code up where the account has a second factor. @throws LodgeError access.code_needed, access.code_wrong */
export async function useCode(parts: FactorParts, user: string, code: string | undefined): Promise<void> {
  if ((await findUser(parts.store, user)).value.secondFactor)
    await changeUser(parts, user, (now) => usingCode(parts, now, code));
}
