/**
 * Lists of what each host of a cluster knows of its own alone: all are asked at once, and what they say is put together.
 * A host that does not answer in time is named instead.
 */
import type { FastifyRequest } from "fastify";
import type { Log } from "#base/log";
import { askerHeader, writeAsker } from "./asker-header.ts";
import type { OtherHost, PeerDoors } from "./forward.ts";

/** Milliseconds that a host has; one that is away, and may yet be there, gets less, so that nobody waits for it with each list. */
const patience = 3_000;
const patienceWithAway = 500;
/** Bytes of a host's answer. */
const longest = 64 * 1024 * 1024;

export interface Spread {
  readonly items: readonly object[];
  /** Hosts whose items are not among them, by name. */
  readonly unanswered: readonly string[];
}

export interface Spreading {
  readonly peers: PeerDoors;
  readonly log: Log;
  readonly request: Pick<FastifyRequest, "url" | "caller">;
  readonly query: Readonly<Record<string, unknown>>;
  /** What this host's handler says to a query. */
  readonly own: (query: unknown) => Promise<unknown>;
}

export async function spreadList({ peers, log, request, query, own }: Spreading): Promise<Spread> {
  const others = await Promise.all(
    peers.others().map(async (other) => {
      const { name } = other;
      try {
        return { name, items: (await askHost(peers, other, request)).items };
      } catch (error) {
        log.debug({ err: error, host: name }, "a host did not say what it has");
        return { name, items: undefined };
      }
    }),
  );
  const all = [{ name: peers.name, items: (await own(query)) as readonly object[] }, ...others];
  return {
    items: all.flatMap(({ name, items = [] }) => items.map((item) => ({ ...item, host: name }))),
    unanswered: others.filter(({ items }) => items === undefined).map(({ name }) => name),
  };
}

export interface HostAnswer<T = object> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** What one host answers to the same question. */
export async function askHost<T = object>(
  peers: PeerDoors,
  { id, away = false }: OtherHost,
  { url, caller }: Pick<FastifyRequest, "url" | "caller">,
): Promise<HostAnswer<T>> {
  const headers = { accept: "application/json", [askerHeader]: writeAsker(caller.actor, caller.origin) };
  const signal = AbortSignal.timeout(away ? patienceWithAway : patience);
  const outgoing = await peers.open(id, { method: "GET", path: url, headers, signal });
  outgoing.end();
  return new Promise((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("response", async (response) => {
      try {
        const pieces: Buffer[] = [];
        let bytes = 0;
        for await (const piece of response as AsyncIterable<Buffer>) {
          if ((bytes += piece.length) > longest) throw new RangeError("the answer is too long");
          pieces.push(piece);
        }
        if (response.statusCode !== 200) throw new RangeError(`the answer was ${response.statusCode}`);
        resolve(JSON.parse(Buffer.concat(pieces).toString("utf8")) as HostAnswer<T>);
      } catch (error) {
        outgoing.destroy();
        reject(error as Error);
      }
    });
  });
}
