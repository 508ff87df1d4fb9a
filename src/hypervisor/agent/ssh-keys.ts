/** SSH host keys made on the host, since making one in a guest that was just forked would take seconds. */
import { generateKeyPairSync, randomBytes } from "node:crypto";

export interface HostKey {
  /** OpenSSH's own private key format, unencrypted (PROTOCOL.key in OpenSSH's tree). */
  readonly privateKey: string;
  /** One line: type, key, comment. */
  readonly publicKey: string;
}

const type = "ssh-ed25519";

/** SSH's string: its length as 32 bits, then its bytes (RFC 4251, 5). */
function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A new ed25519 key pair. Takes well under a millisecond. */
export function makeHostKey(comment: string): HostKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { d, x } = privateKey.export({ format: "jwk" });
  const seed = Buffer.from(d!, "base64url");
  const point = Buffer.from(x!, "base64url");
  const publicBlob = Buffer.concat([string(type), string(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    string(type),
    string(point),
    string(Buffer.concat([seed, point])),
    string(comment),
  ]);
  // Padding to the cipher's block of 8: the bytes 1, 2, 3, …
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (secret.length % 8)) % 8));
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0", "latin1"),
    string("none"),
    string("none"),
    string(""),
    uint32(1),
    string(publicBlob),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString("base64").replace(/.{1,70}/g, "$&\n");
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${type} ${publicBlob.toString("base64")} ${comment}\n`,
  };
}
