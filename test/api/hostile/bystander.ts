/** Somebody else, at another address, who uses Lodge meanwhile: does he get his answers, and quickly enough to wait for? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { FakedDaemon } from "../../fakes/faked-daemon.ts";

export const password = "correct horse battery";
/** Loopback has sixteen million addresses; each is somebody of his own. */
const ownAddress = "127.0.0.99";
/** Milliseconds for an answer. A limit of the test, not of what is tried. */
const usualPatience = 60_000;

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly from?: string;
  /** Milliseconds for the answer. */
  readonly patience?: number;
}

export interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export function tell(
  url: string,
  { method = "GET", path, headers, body, from, patience = usualPatience }: Asked,
): Promise<Told> {
  const { hostname: host, port } = new URL(url);
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const sent = { ...headers, ...length };
  const options = { host, port, method, path, headers: sent, localAddress: from ?? ownAddress, agent: false };
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, signal: AbortSignal.timeout(patience) }, (response) => {
      text(response).then(
        (heard) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: heard }),
        reject,
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Headers of Lodge's own page. */
export const ownPage = (url: string): Record<string, string> => ({
  origin: url,
  "content-type": "application/json",
});

export async function signIn(url: string, name: string, from?: string): Promise<string> {
  const answer = await tell(url, {
    method: "POST",
    path: "/v1/session",
    headers: ownPage(url),
    body: JSON.stringify({ name, password }),
    ...(from === undefined ? {} : { from }),
  });
  assert.equal(answer.status, 200, answer.text);
  return (answer.headers["set-cookie"]?.[0] ?? "").split(";", 1)[0] ?? "";
}

/** A round of what people do; fails where one answer does not come or is another than it should be. */
export async function othersAreServed(url: string): Promise<void> {
  const cookie = await signIn(url, "bystander");
  const guests = await tell(url, { path: "/v1/guests?limit=10", headers: { cookie } });
  assert.equal(guests.status, 200, guests.text);
  assert.ok((JSON.parse(guests.text) as { items: unknown[] }).items.length > 0);
  const out = await tell(url, {
    method: "DELETE",
    path: "/v1/session",
    headers: { cookie, ...ownPage(url) },
    body: "{}",
  });
  assert.equal(out.status, 200, out.text);
}

/** An account whose password everybody here knows. */
export async function addPerson(
  { client }: FakedDaemon,
  name: string,
  role: "viewer" | "operator" | "admin" = "viewer",
): Promise<void> {
  await client.call("userCreate", { body: { name, role, password } });
}

/** Answers tell nothing of what is inside: no place in the code, no file, no other's address. */
export function assertTellsNothing(answer: string, { folder }: FakedDaemon): void {
  for (const inside of [/\n\s+at /, /node:internal|node_modules|\.ts:\d+/, /x-powered-by/i, /api\.internal/])
    assert.doesNotMatch(answer, inside);
  assert.ok(!answer.includes(folder), answer);
}

export const openFiles = ({ pid }: FakedDaemon): number => readdirSync(`/proc/${pid}/fd`).length;

/** Bytes of memory that the daemon has for itself. */
export function memoryOf({ pid }: FakedDaemon): number {
  const [, kib = "0"] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

/** Bugs that the daemon wrote down. */
export const bugsOf = ({ paths }: FakedDaemon): string[] =>
  readFileSync(join(paths.logs, "lodged.log"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"msg":"bug"'));

/** Waits until something holds, for at most a minute. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + usualPatience;
  while (!holds()) {
    if (performance.now() > end) assert.fail(`${what} never came to be`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
