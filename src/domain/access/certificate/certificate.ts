/** X.509 certificates (RFC 5280) of the two kinds that Lodge needs: its own authority's, and its server's. */
import { type KeyObject, randomBytes } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { bits, constructed, integer, octets, oid, primitive, sequence, time, yes } from "./der.ts";
import { ecdsaWithSha256, extension, keyId, name, signed, signedBy } from "./signed.ts";

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
  /**
   * "authority": it signs servers', and which of these hold no more; a server's has these names and addresses.
   * `client`: it is shown as well by whoever asks.
   */
  readonly kind: "authority" | { readonly names: readonly string[]; readonly client?: boolean };
}

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
  return signed("CERTIFICATE", body, plan.issuerKey);
}

/** Positive and of at most 20 bytes (4.1.2.2). */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const serverAuth = oid("1.3.6.1.5.5.7.3.1");
const clientAuth = oid("1.3.6.1.5.5.7.3.2");

function extensions({ kind, publicKey, issuerPublicKey }: CertificatePlan): Buffer[] {
  const ids = [extension("2.5.29.14", false, octets(keyId(publicKey))), signedBy(issuerPublicKey)];
  if (kind === "authority") {
    return [
      // No authority below it.
      extension("2.5.29.19", true, sequence(yes, integer(Uint8Array.of(0)))),
      // keyCertSign is the sixth bit, cRLSign the seventh.
      extension("2.5.29.15", true, bits(Uint8Array.of(0b0000_0110), 1)),
      ...ids,
    ];
  }
  return [
    extension("2.5.29.19", true, sequence()),
    // digitalSignature is the first bit.
    extension("2.5.29.15", true, bits(Uint8Array.of(0b1000_0000), 7)),
    extension("2.5.29.37", false, sequence(serverAuth, ...(kind.client ? [clientAuth] : []))),
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
