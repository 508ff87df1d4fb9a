/**
 * Who this host is to the others of its cluster:
 *
 *   HOME/cluster/ca.pem      the cluster's authority, which alone is trusted
 *   HOME/cluster/host.pem    this host's key, which never leaves it, and its certificate: in one file, since they change together
 *
 * The certificate is replaced after a third of its life: of 90 days 60 are left then, so that a host may be off for two months.
 * etcd reads the files at each connection, and whoever else uses them asks here.
 */
import { createPrivateKey, generateKeyPair, type KeyObject, X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { makeRequest, type HostRequest } from "./host-request.ts";

const generate = promisify(generateKeyPair);

/** PEM. */
export interface HostCertificate {
  /** The authority's. */
  readonly ca: string;
  /** The host's own, then the authority's. */
  readonly cert: string;
  readonly key: string;
}

/** Where they lie, for programs that read them. */
export const identityFiles = (folder: string) => ({
  ca: join(folder, "ca.pem"),
  host: join(folder, "host.pem"),
  /** What the authority signed that holds no more. */
  revoked: join(folder, "revoked.pem"),
});

/** A key that nobody has signed for yet. */
export interface NewHost {
  readonly request: HostRequest;
  readonly key: string;
}

export async function newHost(id: string, addresses: readonly string[]): Promise<NewHost> {
  const keys = await generate("ec", { namedCurve: "P-256" });
  return {
    request: makeRequest(id, addresses, keys),
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** @throws LodgeError cluster.identity_unusable */
export function checkIdentity({ ca, cert, key }: HostCertificate, path: string): string {
  const refuse = (reason: string, cause?: unknown) =>
    new LodgeError("cluster.identity_unusable", { path, reason }, { cause });
  let authority: X509Certificate;
  let own: X509Certificate;
  let secret: KeyObject;
  try {
    [authority, own, secret] = [new X509Certificate(ca), new X509Certificate(cert), createPrivateKey(key)];
  } catch (cause) {
    throw refuse("it is not a certificate in PEM with its key", cause);
  }
  if (!own.checkPrivateKey(secret)) throw refuse("the key is another one's");
  if (!own.verify(authority.publicKey)) throw refuse("another cluster signed it");
  return own.subject.replace(/^CN=/, "");
}

export class HostIdentity {
  readonly #folder: string;
  readonly #clock: Clock;
  #certificate: HostCertificate;
  readonly #renewed = new EventEmitter();
  readonly id: string;

  private constructor(folder: string, clock: Clock, certificate: HostCertificate) {
    this.#folder = folder;
    this.#clock = clock;
    this.#certificate = certificate;
    this.id = checkIdentity(certificate, folder);
  }

  /** @throws LodgeError cluster.identity_unusable */
  static async open(folder: string, clock: Clock): Promise<HostIdentity> {
    const files = identityFiles(folder);
    const read = (path: string) =>
      readFile(path, "utf8").catch((cause: unknown) => {
        throw new LodgeError("cluster.identity_unusable", { path, reason: "it cannot be read" }, { cause });
      });
    const [ca, host] = await Promise.all([read(files.ca), read(files.host)]);
    const [key = "", cert = ""] = host.split(/(?<=-----END PRIVATE KEY-----\n)/);
    return new HostIdentity(folder, clock, { ca, cert, key });
  }

  /** Keeps what a host was given when it joined. */
  static async write(folder: string, clock: Clock, given: HostCertificate): Promise<HostIdentity> {
    const identity = new HostIdentity(folder, clock, given);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await replace(identityFiles(folder).ca, given.ca, 0o644);
    await identity.#keep();
    return identity;
  }

  get expiresAt(): number {
    return Date.parse(new X509Certificate(this.#certificate.cert).validTo);
  }

  /** When it is time for a new one, in milliseconds since the epoch: at once where it is for other addresses than those. */
  dueAt(addresses: readonly string[]): number {
    const own = new X509Certificate(this.#certificate.cert);
    if (addresses.some((address) => own.checkIP(address) === undefined)) return 0;
    const from = Date.parse(own.validFrom);
    return from + (this.expiresAt - from) / 3;
  }

  isDue(addresses: readonly string[]): boolean {
    return this.dueAt(addresses) <= this.#clock.now();
  }

  /** Has a new key signed, and uses it from then on. `sign` resolves to the certificate with the authority's: PEM. */
  async renew(addresses: readonly string[], sign: (request: HostRequest) => Promise<string>): Promise<void> {
    const { request, key } = await newHost(this.id, addresses);
    const next = { ...this.#certificate, key, cert: await sign(request) };
    if (checkIdentity(next, this.#folder) !== this.id)
      throw new LodgeError("cluster.identity_unusable", {
        path: this.#folder,
        reason: "it is another host's",
      });
    this.#certificate = next;
    await this.#keep();
    this.#renewed.emit("renewed");
  }

  /** What a server or a client needs of it. */
  current(): HostCertificate {
    return this.#certificate;
  }

  /** Calls back when it was renewed; until the function that it returns is called. */
  onChange(listener: () => void): () => void {
    this.#renewed.on("renewed", listener);
    return () => this.#renewed.off("renewed", listener);
  }

  async #keep(): Promise<void> {
    const { key, cert } = this.#certificate;
    await replace(identityFiles(this.#folder).host, key + cert, 0o600);
  }
}

/** Whole or not at all, also over a loss of power. */
export async function replace(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.new`;
  {
    await using file = await open(draft, "w", mode);
    await file.writeFile(content);
    await file.sync();
  }
  await chmod(draft, mode);
  await rename(draft, path);
}
