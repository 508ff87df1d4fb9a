/**
 * By what this host is known where it brings a guest: a certificate of its own for each token, which the other host remembers, and the
 * authority that the other host's certificate has to come from.
 *
 *   passes/VISIT     the key in it is sealed
 */
import { createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "#base/clock";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import type { ReadStore } from "#durable/store/store";
import type { PeerIdentity } from "#client/peers";
import { makeCertificate } from "../../access/certificate/certificate.ts";

export interface PassRecord {
  readonly visit: string;
  /** What the other host calls itself. */
  readonly host: string;
  /** "HOST:PORT" of its visitors' door. */
  readonly address: string;
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  /** PEM, sealed. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export const passPrefix = "passes/";
export const passKey = (visit: string): string => passPrefix + visit;

export const passOf = async (store: ReadStore, visit: string): Promise<PassRecord | undefined> =>
  (await store.get(passKey(visit)))?.value as PassRecord | undefined;

const day = 86_400_000;
const generate = promisify(generateKeyPair);

/** A certificate that stands for nothing but itself: no authority's, so it opens nothing else anywhere. PEM. */
export async function makeIdentity(visit: string, clock: Clock): Promise<Pick<PeerIdentity, "cert" | "key">> {
  const { privateKey } = await generate("ec", { namedCurve: "P-256" });
  const publicKey = createPublicKey(privateKey);
  const cert = makeCertificate({
    subject: visit,
    issuer: visit,
    publicKey,
    issuerPublicKey: publicKey,
    issuerKey: privateKey,
    // Clocks of other computers may be behind.
    from: clock.now() - day,
    until: clock.now() + 30 * day,
    kind: { names: ["localhost"], client: true },
  });
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

export const sealedPass = (
  { key, ...rest }: Omit<PassRecord, "key"> & { readonly key: string },
  seal: SealKey,
): PassRecord => ({ ...rest, key: sealSecret(seal, key, passKey(rest.visit)) });

/** @throws LodgeError store.secret_unreadable */
export const identityOf = ({ visit, ca, cert, key }: PassRecord, seal: SealKey): PeerIdentity => ({
  ca,
  cert,
  key: openSecret(seal, key, passKey(visit)),
});
