/**
 * What lets one guest come to a host from outside its cluster: where that host waits, by whose certificate it is known, which visit it
 * is, and a secret that counts for the host which shows it first.
 *
 *   lodge-move-BASE64URL(["198.51.100.7:8473", SHA-256 of the authority's certificate, visit, secret])
 */
import { LodgeError } from "#contract/errors";

/** So that a scanner of published files knows one. */
const mark = "lodge-move-";

export interface MoveToken {
  /** "HOST:PORT" of the visitors' door. */
  readonly address: string;
  /** SHA-256 of the certificate of the door's authority, in hexadecimal with colons. */
  readonly fingerprint: string;
  readonly visit: string;
  readonly secret: string;
}

export const writeMoveToken = ({ address, fingerprint, visit, secret }: MoveToken): string =>
  mark +
  Buffer.from(JSON.stringify([address, fingerprint.replaceAll(":", ""), visit, secret])).toString(
    "base64url",
  );

/** @throws LodgeError visit.token_malformed */
export function readMoveToken(text: string): MoveToken {
  try {
    if (!text.startsWith(mark)) throw new SyntaxError("no mark");
    const parts = JSON.parse(Buffer.from(text.slice(mark.length), "base64url").toString("utf8")) as unknown[];
    const [address, hex, visit, secret] = parts;
    const isText = (value: unknown): value is string => typeof value === "string";
    if (!isText(address) || !isText(hex) || !isText(visit) || !isText(secret))
      throw new SyntaxError("not its parts");
    return { address, fingerprint: (hex.match(/../g) ?? []).join(":"), visit, secret };
  } catch (cause) {
    throw new LodgeError("visit.token_malformed", {}, { cause });
  }
}
