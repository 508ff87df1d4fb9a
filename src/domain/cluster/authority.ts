/**
 * The cluster's own certificate authority. Its key lies in the store, sealed, so that each member can sign:
 *
 *   cluster/authority    its certificate, and its key
 *
 * What it signs says who a host is, and not that it is a member: that is asked of the members at each connection. So a host is
 * put out by taking its record away; the list of what holds no more is for etcd alone, which knows no members.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "#base/clock";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import { makeCertificate } from "../access/certificate/certificate.ts";
import { makeRevocationList } from "../access/certificate/revocation.ts";
import type { IssuedCertificate } from "../member/record.ts";
import { checkRequest, type HostRequest } from "./host-request.ts";

const day = 86_400_000;
const authorityLife = 3650 * day;
/** A host that was away for longer than this has to be let in again. */
export const hostLife = 90 * day;
/** It is made anew as often as a list names more, and no program looks at its end but to find that it is valid. */
const listLife = 3650 * day;
/** Clocks of other computers may be behind. */
const early = day;

export const authorityKey = "cluster/authority";

export interface AuthorityRecord {
  /** PEM. */
  readonly certificate: string;
  /** PEM, sealed. */
  readonly key: string;
}

const generate = promisify(generateKeyPair);

/** A certificate for a host, with those that sign it: PEM. */
export interface SignedHost extends IssuedCertificate {
  readonly certificate: string;
}

export class ClusterAuthority {
  readonly #key: KeyObject;
  readonly #clock: Clock;
  readonly #certificate: X509Certificate;

  private constructor(key: KeyObject, certificate: string, clock: Clock) {
    this.#key = key;
    this.#certificate = new X509Certificate(certificate);
    this.#clock = clock;
  }

  /** A new one. `cluster`: the cluster's id, by which it is called. */
  static async make(cluster: string, clock: Clock): Promise<ClusterAuthority> {
    const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
    const title = `Lodge cluster ${cluster}`;
    const pem = makeCertificate({
      subject: title,
      issuer: title,
      publicKey,
      issuerPublicKey: publicKey,
      issuerKey: privateKey,
      from: clock.now() - early,
      until: clock.now() + authorityLife,
      kind: "authority",
    });
    return new ClusterAuthority(privateKey, pem, clock);
  }

  /** @throws LodgeError store.secret_unreadable */
  static open({ key, certificate }: AuthorityRecord, seal: SealKey, clock: Clock): ClusterAuthority {
    return new ClusterAuthority(createPrivateKey(openSecret(seal, key, authorityKey)), certificate, clock);
  }

  record(seal: SealKey): AuthorityRecord {
    const key = this.#key.export({ type: "pkcs8", format: "pem" }).toString();
    return { certificate: this.certificate, key: sealSecret(seal, key, authorityKey) };
  }

  /** PEM. */
  get certificate(): string {
    return this.#certificate.toString();
  }

  /** SHA-256, in hexadecimal with colons: what a host that joins pins. */
  get fingerprint(): string {
    return this.#certificate.fingerprint256;
  }

  /** Signs for a host what it asks for. @throws LodgeError cluster.request_invalid */
  sign(request: HostRequest): SignedHost {
    checkRequest(request);
    const now = this.#clock.now();
    const until = Math.min(now + hostLife, Date.parse(this.#certificate.validTo));
    const certificate = makeCertificate({
      subject: request.id,
      issuer: this.#title,
      publicKey: createPublicKey(request.publicKey),
      issuerPublicKey: this.#certificate.publicKey,
      issuerKey: this.#key,
      from: now - early,
      until,
      kind: { names: [...request.addresses, "localhost", "127.0.0.1", "::1"], client: true },
    });
    const { serialNumber: serial } = new X509Certificate(certificate);
    return { certificate: certificate + this.certificate, serial, until };
  }

  /** PEM: what holds no more. */
  revocationList(revoked: readonly IssuedCertificate[]): string {
    const now = this.#clock.now();
    return makeRevocationList({
      issuer: this.#title,
      issuerPublicKey: this.#certificate.publicKey,
      issuerKey: this.#key,
      from: now - early,
      until: now + listLife,
      number: now,
      serials: revoked.filter(({ until }) => until > now - early).map(({ serial }) => serial),
    });
  }

  get #title(): string {
    return this.#certificate.subject.replace(/^CN=/, "");
  }
}
