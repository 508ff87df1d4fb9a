/** Codes of an authenticator app: TOTP (RFC 6238) with SHA-1, six digits and 30 s, which every app knows. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const period = 30_000;
const digits = 6;
/** Clocks of telephones differ: one step before and after the current one is taken as well. */
const drift = 1;

/** 160 bits, as RFC 4226 recommends for SHA-1. */
export const newTotpSecret = (): Buffer => randomBytes(20);

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648, 6; for bytes whose bits are a multiple of five. */
export function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join("");
}

/** What an app reads from a QR code. */
export function totpUri(secret: Uint8Array, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`;
}

/** The code of a step (RFC 4226, 5.3). */
export function codeAt(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const number = mac.readUInt32BE((mac[19] ?? 0) & 0x0f) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

export const stepAt = (now: number): number => Math.floor(now / period);

/** The step that this is the code of, if it is one of now and later than the last that was used. */
export function stepOfCode(secret: Uint8Array, code: string, now: number, last: number): number | undefined {
  const given = Buffer.from(code);
  const current = stepAt(now);
  for (let step = current - drift; step <= current + drift; step++) {
    const right = Buffer.from(codeAt(secret, step));
    if (step > last && given.length === right.length && timingSafeEqual(given, right)) return step;
  }
  return undefined;
}
