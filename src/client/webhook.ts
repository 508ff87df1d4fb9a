/**
 * For who receives webhooks: is a message this Lodge's, and what does it say? As "Standard Webhooks" has it, with what
 * browsers, Node and Workers have in common; any of that standard's libraries does the same.
 */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";

export type WebhookMessage = Schemas["WebhookMessage"];

export interface SignedMessage {
  /** As the server has them: an object of Node's, or the Headers of fetch. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it came, before anything parsed it. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** "whsec_…" */
  readonly secret: string;
  /** Seconds by which clocks may differ; what is older was recorded by somebody and sent again. Default 300. */
  readonly tolerance?: number;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** @throws LodgeError webhook.signature */
export async function verifyWebhook(signed: SignedMessage): Promise<WebhookMessage> {
  const { headers, body, secret, tolerance = 300, now = Date.now() } = signed;
  const head = (name: string): string => {
    const found = headers instanceof Headers ? headers.get(name) : headers[name];
    if (typeof found !== "string") throw refused(`it has no header ${name}`);
    return found;
  };
  const [id, timestamp, signatures] = [
    head("webhook-id"),
    head("webhook-timestamp"),
    head("webhook-signature"),
  ];
  if (!/^\d{1,12}$/.test(timestamp)) throw refused("its time is none");
  if (Math.abs(now / 1000 - Number(timestamp)) > tolerance)
    throw refused(`it is of another time, by more than ${tolerance} s`);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const content = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const key = await keyOf(secret);
  for (const one of signatures.split(" ")) {
    const [version, signature = ""] = one.split(",");
    const given = version === "v1" ? bytesOf(signature) : undefined;
    // Compares in a time that says nothing of where the two differ.
    if (given && (await crypto.subtle.verify("HMAC", key, given, content)))
      return JSON.parse(new TextDecoder().decode(bytes)) as WebhookMessage;
  }
  throw refused("its signature is another");
}

const refused = (reason: string): LodgeError => new LodgeError("webhook.signature", { reason });

async function keyOf(secret: string): Promise<CryptoKey> {
  const raw = bytesOf(secret.replace(/^whsec_/, ""));
  if (!raw || raw.length === 0) throw refused("what is given as the secret is none");
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
