/**
 * Signatures as "Standard Webhooks" has them (standardwebhooks.com, version 1): HMAC-SHA256 over
 * "ID.TIMESTAMP.BODY", in base64, after "v1,"; of several secrets, with a space between.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Message } from "./message.ts";

const mark = "whsec_";

export const newSigningSecret = (): string => mark + randomBytes(32).toString("base64");

export const sign = (secret: string, id: string, seconds: number, body: string): string =>
  `v1,${createHmac("sha256", Buffer.from(secret.slice(mark.length), "base64"))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64")}`;

/** `now` in milliseconds: a message that is sent again is signed again. */
export function headersOf(
  { id, body }: Message,
  secrets: readonly string[],
  now: number,
): Record<string, string> {
  const seconds = Math.floor(now / 1000);
  return {
    "content-type": "application/json",
    "user-agent": "Lodge-Webhook/1",
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": secrets.map((secret) => sign(secret, id, seconds, body)).join(" "),
  };
}
