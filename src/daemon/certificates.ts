/** The certificate that the daemon shows on addresses which other computers reach. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { fingerprintOf, OwnAuthority } from "#domain/access/certificate/own-authority";
import type { Tls } from "#server/front";

export interface CertificateOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** What this Lodge's own things are named by. */
  readonly tag: string;
  /** Names and addresses that the admin has added. */
  readonly names: readonly string[];
  /** The user's own certificate and key; without them Lodge signs one itself. */
  readonly files?: { readonly cert: string; readonly key: string } | undefined;
}

export interface Certificates extends Tls {
  /** SHA-256 of what a client pins: Lodge's own authority, or the user's certificate. */
  readonly fingerprint: string;
}

/** @throws LodgeError access.certificate_unusable */
export async function openCertificates(options: CertificateOptions): Promise<Certificates> {
  const names = () => hostNames(options);
  if (options.files) {
    const { cert, key } = options.files;
    const current = async () => checked(cert, await read(cert), await read(key));
    return { current, names, fingerprint: fingerprintOf((await current()).cert) };
  }
  const authority = await OwnAuthority.open(options.folder, options.clock, `Lodge ${options.tag}`);
  return {
    current: () => authority.serverCertificate([...names(), "localhost", "127.0.0.1", "::1"]),
    names,
    fingerprint: authority.fingerprint,
  };
}

/** The added ones, this computer's name, then its addresses; not those that Lodge gave its own bridges. */
function hostNames({ names, tag }: CertificateOptions): string[] {
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => !name.startsWith(`ldg${tag}`))
    .flatMap(([, found]) => found ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
  return [...new Set([...names, hostname().toLowerCase(), ...addresses])];
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unusable(path, "it cannot be read", cause);
  }
}

function checked(path: string, cert: string, key: string): { cert: string; key: string } {
  try {
    const certificate = new X509Certificate(cert);
    if (certificate.checkPrivateKey(createPrivateKey(key))) return { cert, key };
  } catch (cause) {
    throw unusable(path, "it is not a certificate in PEM with its key", cause);
  }
  throw unusable(path, "the key is another one's");
}

const unusable = (path: string, reason: string, cause?: unknown) =>
  new LodgeError("access.certificate_unusable", { path, reason }, { cause });
