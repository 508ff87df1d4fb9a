/** X.509 certificates (RFC 5280) of the two kinds that Lodge needs: its own authority's, and its server's. */
import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { bits, constructed, integer, octets, oid, primitive, sequence, set, time, utf8, yes } from "./der.ts";

export interface CertificatePlan {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly issuerPublicKey: KeyObject;
  /** An EC key. */
  readonly issuerKey: KeyObject;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** "authority": it signs servers' and nothing else; a server's has these names and addresses. */
  readonly kind: "authority" | { readonly names: readonly string[] };
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

/** PEM. */
export function makeCertificate(plan: CertificatePlan): string {
  const body = sequence(
    constructed(0, integer(Uint8Array.of(2))), // version 3
    integer(serial()),
    ecdsaWithSha256,
    name(plan.issuer),
    sequence(time(plan.from), time(plan.until)),
    name(plan.subject),
    spki(plan.publicKey),
    constructed(3, sequence(...extensions(plan))),
  );
  const whole = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, plan.issuerKey)));
  const lines = whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** Positive and of at most 20 bytes (4.1.2.2). */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

const name = (common: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(common))));

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** Any value that differs from key to key does (4.2.1.2). */
const keyId = (key: KeyObject): Buffer => createHash("sha256").update(spki(key)).digest().subarray(0, 20);

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));

function extensions({ kind, publicKey, issuerPublicKey }: CertificatePlan): Buffer[] {
  const ids = [
    extension("2.5.29.14", false, octets(keyId(publicKey))),
    extension("2.5.29.35", false, sequence(primitive(0, keyId(issuerPublicKey)))),
  ];
  if (kind === "authority") {
    return [
      // No authority below it.
      extension("2.5.29.19", true, sequence(yes, integer(Uint8Array.of(0)))),
      // keyCertSign is the sixth bit.
      extension("2.5.29.15", true, bits(Uint8Array.of(0b0000_0100), 2)),
      ...ids,
    ];
  }
  return [
    extension("2.5.29.19", true, sequence()),
    // digitalSignature is the first bit.
    extension("2.5.29.15", true, bits(Uint8Array.of(0b1000_0000), 7)),
    extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", false, sequence(...kind.names.map(alternativeName))),
    ...ids,
  ];
}

/** A DNS name or an address. */
const alternativeName = (value: string): Buffer =>
  isIP(value) === 0 ? primitive(2, Buffer.from(value, "ascii")) : primitive(7, addressBytes(value));

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  // The URL standard writes every IPv6 address in one way, a last part in decimals as hexadecimals.
  const literal = `[${address}]`;
  const plain = new URL(`http://${literal}`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}
