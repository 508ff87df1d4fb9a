/** Lists of certificates that hold no more (RFC 5280, 5): for servers that cannot ask who is a member. */
import type { KeyObject } from "node:crypto";
import { constructed, integer, sequence, time } from "./der.ts";
import { ecdsaWithSha256, extension, name, signed, signedBy } from "./signed.ts";

export interface RevocationPlan {
  readonly issuer: string;
  readonly issuerPublicKey: KeyObject;
  /** An EC key. */
  readonly issuerKey: KeyObject;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Later lists have larger ones. */
  readonly number: number;
  /** Serial numbers, in hexadecimal. */
  readonly serials: readonly string[];
}

/** PEM. */
export function makeRevocationList(plan: RevocationPlan): string {
  const revoked = plan.serials.map((serial) => sequence(integer(bytesOf(serial)), time(plan.from)));
  const body = sequence(
    integer(Uint8Array.of(1)), // version 2
    ecdsaWithSha256,
    name(plan.issuer),
    time(plan.from),
    time(plan.until),
    // It is left out where it would be empty (5.1.2.6).
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
    constructed(
      0,
      sequence(
        signedBy(plan.issuerPublicKey),
        extension("2.5.29.20", false, integer(bytesOf(plan.number.toString(16)))),
      ),
    ),
  );
  return signed("X509 CRL", body, plan.issuerKey);
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
