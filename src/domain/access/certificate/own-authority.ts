/**
 * Lodge's own certificate authority, for addresses that other computers reach:
 *
 *   HOME/tls/ca.pem, ca.key        made on first use, good for ten years. Whoever pins it knows this Lodge
 *   HOME/tls/server.pem, server.key  signed by it for this computer's names and addresses, good for 90 days;
 *                                  made anew when 30 are left and when a name or an address is new
 *
 * Keys are readable by their owner alone.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "#base/clock";
import { makeCertificate } from "./certificate.ts";

const day = 86_400_000;
const authorityLife = 3650 * day;
const serverLife = 90 * day;
const renewBefore = 30 * day;
/** Clocks of other computers may be behind. */
const early = day;

const generate = promisify(generateKeyPair);

/** What a TLS server needs, in PEM. */
export interface ServerCertificate {
  readonly key: string;
  /** The server's, then the authority's. */
  readonly cert: string;
}

interface Pair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** How certificates are compared by eye and pinned: SHA-256, in hexadecimal with colons. */
export const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

export class OwnAuthority {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #title: string;
  readonly #authority: Pair;

  private constructor(folder: string, clock: Clock, title: string, authority: Pair) {
    this.#folder = folder;
    this.#clock = clock;
    this.#title = title;
    this.#authority = authority;
  }

  /** `title` is what its certificate is called, such as "Lodge a1b2". */
  static async open(folder: string, clock: Clock, title: string): Promise<OwnAuthority> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await readPair(folder, "ca");
    if (found) return new OwnAuthority(folder, clock, title, found);
    const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
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
    await writePair(folder, "ca", privateKey, pem);
    return new OwnAuthority(folder, clock, title, { key: privateKey, certificate: new X509Certificate(pem) });
  }

  get fingerprint(): string {
    return this.#authority.certificate.fingerprint256;
  }

  /** The server's certificate for these names and addresses; the one that is there as long as it does. */
  async serverCertificate(names: readonly string[]): Promise<ServerCertificate> {
    const found = await readPair(this.#folder, "server");
    const good = found && this.#isGood(found.certificate, names) ? found : await this.#issue(names);
    return {
      key: exportKey(good.key),
      cert: good.certificate.toString() + this.#authority.certificate.toString(),
    };
  }

  #isGood(certificate: X509Certificate, names: readonly string[]): boolean {
    return (
      certificate.checkIssued(this.#authority.certificate) &&
      certificate.verify(this.#authority.certificate.publicKey) &&
      Date.parse(certificate.validTo) - this.#clock.now() > renewBefore &&
      names.every(
        (name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined,
      )
    );
  }

  async #issue(names: readonly string[]): Promise<Pair> {
    const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
    const now = this.#clock.now();
    const pem = makeCertificate({
      subject: names[0] ?? this.#title,
      issuer: this.#title,
      publicKey,
      issuerPublicKey: this.#authority.certificate.publicKey,
      issuerKey: this.#authority.key,
      from: now - early,
      until: Math.min(now + serverLife, Date.parse(this.#authority.certificate.validTo)),
      kind: { names },
    });
    await writePair(this.#folder, "server", privateKey, pem);
    return { key: privateKey, certificate: new X509Certificate(pem) };
  }
}

const exportKey = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** None where there is none, or where its two halves do not belong together. */
async function readPair(folder: string, name: string): Promise<Pair | undefined> {
  try {
    const key = createPrivateKey(await readFile(join(folder, `${name}.key`)));
    const certificate = new X509Certificate(await readFile(join(folder, `${name}.pem`)));
    return createPublicKey(key).equals(certificate.publicKey) ? { key, certificate } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function writePair(folder: string, name: string, key: KeyObject, pem: string): Promise<void> {
  await replace(join(folder, `${name}.key`), exportKey(key), 0o600);
  await replace(join(folder, `${name}.pem`), pem, 0o644);
}

async function replace(path: string, content: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, content, { mode });
  await chmod(draft, mode);
  await rename(draft, path);
}
