/** Receives webhooks, with what Node has: LODGE_WEBHOOK_SECRET is the secret. Ends after so many messages. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

const [port = "8088", messages = "Infinity"] = process.argv.slice(2);
const key = Buffer.from((process.env["LODGE_WEBHOOK_SECRET"] ?? "").replace("whsec_", ""), "base64");
/** Of messages that were taken: after a crash of either side one may come again. */
const seen = new Set<string>();

function isSigned(id: string, time: string, signatures: string, body: string): boolean {
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const ours = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest();
  return signatures.split(" ").some((one) => {
    const theirs = Buffer.from(one.replace("v1,", ""), "base64");
    return theirs.length === ours.length && timingSafeEqual(theirs, ours);
  });
}

const server = createServer(async (request, response) => {
  const header = (name: string): string => String(request.headers[`webhook-${name}`] ?? "");
  // As it came: parsed and written anew it would be another.
  const body = await text(request);
  if (!isSigned(header("id"), header("timestamp"), header("signature"), body))
    return void response.writeHead(401).end("the signature does not fit");
  // Answers first and works then: what takes longer than 15 s counts as not taken.
  response.writeHead(204).end();
  if (seen.has(header("id"))) return;
  seen.add(header("id"));
  const { type, data } = JSON.parse(body) as { type: string; data: { message: string } };
  console.log(`${type}: ${data.message}`);
  if (seen.size >= Number(messages)) server.close();
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`);
});
