/** What an authority signs, and the parts that all of it has (RFC 5280). */
import { createHash, type KeyObject, sign } from "node:crypto";
import { bits, octets, oid, primitive, sequence, set, utf8, yes } from "./der.ts";

export const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

/** The body with its signature, in PEM. */
export function signed(label: string, body: Uint8Array, key: KeyObject): string {
  const whole = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, key)));
  const lines = whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

export const name = (common: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(common))));

/** Any value that differs from key to key does (4.2.1.2). */
export const keyId = (key: KeyObject): Buffer =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);

export const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));

/** By which of the authority's keys (4.2.1.1). */
export const signedBy = (key: KeyObject): Buffer =>
  extension("2.5.29.35", false, sequence(primitive(0, keyId(key))));
