/** Passwords: argon2id (RFC 9106), and which are too easy to guess. */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Semaphore } from "#base/queue";
import { LodgeError } from "#contract/errors";

/** What a guess costs. */
export interface HashCost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** What made it is kept with it, so that it can be made dearer later. */
export interface PasswordHash extends HashCost {
  readonly algorithm: "argon2id";
  /** Base64url, as is the tag. */
  readonly salt: string;
  readonly tag: string;
}

/** RFC 9106, 4: the second recommended option, on one lane since a sign-in is one of a few threads' work. */
export const usualCost: HashCost = { memory: 65_536, passes: 3, parallelism: 1 };
const saltBytes = 16;
const tagBytes = 32;

const leastLength = 10;
const leastDifferent = 5;
/** Characters besides those of the account's name. */
const leastOther = 7;

/** Each takes 64 MiB and a thread for a moment: whoever tries many at once waits for himself. */
const hashing = new Semaphore(2);
const derive = promisify(argon2);

const tagOf = (password: string, salt: Buffer, { memory, passes, parallelism }: HashCost) =>
  hashing.run(() =>
    derive("argon2id", {
      // One password has several spellings in Unicode (RFC 8265, 4.2).
      message: Buffer.from(password.normalize("NFC")),
      nonce: salt,
      memory,
      passes,
      parallelism,
      tagLength: tagBytes,
    }),
  );

export async function hashPassword(password: string, cost: HashCost = usualCost): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes);
  const tag = await tagOf(password, salt, cost);
  return { algorithm: "argon2id", ...cost, salt: salt.toString("base64url"), tag: tag.toString("base64url") };
}

/** Takes as long where there is no hash: how long an answer takes tells nobody which accounts exist. */
export async function fitsPassword(
  password: string,
  hash: PasswordHash | undefined,
  cost: HashCost = usualCost,
): Promise<boolean> {
  const salt = hash ? Buffer.from(hash.salt, "base64url") : Buffer.alloc(saltBytes);
  const tag = await tagOf(password, salt, hash ?? cost);
  return hash !== undefined && timingSafeEqual(tag, Buffer.from(hash.tag, "base64url"));
}

/** @throws LodgeError access.password_weak */
export function requireStrong(password: string, name: string): void {
  const letters = [...password.normalize("NFC")];
  const refuse = (reason: string) => new LodgeError("access.password_weak", { reason });
  if (letters.length < leastLength) throw refuse(`it has fewer than ${leastLength} characters`);
  if (new Set(letters).size < leastDifferent) throw refuse("it repeats a few characters");
  if (password.toLowerCase().replaceAll(name, "").length < leastOther)
    throw refuse("it is little more than the account's name");
}
