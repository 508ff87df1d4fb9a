/** What a host sends to be given a certificate: its public key, and by a signature that it has the other half. */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { isIP } from "node:net";
import { LodgeError } from "#contract/errors";

export interface HostRequest {
  /** The host's id, which its certificate names. */
  readonly id: string;
  /** IP addresses at which it is found. */
  readonly addresses: readonly string[];
  /** PEM. */
  readonly publicKey: string;
  /** A signature of all that by the key itself, in base64url. */
  readonly proof: string;
}

export const isHostId = (id: string): boolean => /^h[0-9a-z]{10}$/.test(id);

export function makeRequest(
  id: string,
  addresses: readonly string[],
  keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): HostRequest {
  const publicKey = keys.publicKey.export({ type: "spki", format: "pem" }).toString();
  const asked = { id, addresses, publicKey };
  return { ...asked, proof: sign("sha256", wordsOf(asked), keys.privateKey).toString("base64url") };
}

/** @throws LodgeError cluster.request_invalid */
export function checkRequest(request: HostRequest): void {
  const { id, addresses, publicKey, proof } = request;
  if (!isHostId(id)) throw invalid("it names no host");
  if (addresses.length === 0 || addresses.some((address) => isIP(address) === 0))
    throw invalid("it names no IP address, or something else beside one");
  let key: KeyObject;
  try {
    key = createPublicKey(publicKey);
  } catch (cause) {
    throw invalid("it holds no public key", cause);
  }
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw invalid("its key is not one of the curve P-256");
  if (!verify("sha256", wordsOf(request), key, Buffer.from(proof, "base64url")))
    throw invalid("whoever sent it does not have the key");
}

/** What is signed: it begins with what it is for, so that no other signature of the key passes for one. */
const wordsOf = ({ id, addresses, publicKey }: Omit<HostRequest, "proof">): Buffer =>
  Buffer.from(JSON.stringify(["lodge host request", id, addresses, publicKey]));

const invalid = (reason: string, cause?: unknown) =>
  new LodgeError("cluster.request_invalid", { reason }, { cause });
