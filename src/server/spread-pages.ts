/**
 * Pages of a list that each host of a cluster keeps of its own, newest first: the hosts' lists as one, in the order of their
 * times. Its cursor says how far each host's list was read.
 */
import type { Page } from "#contract/call";
import { LodgeError } from "#contract/errors";
import { askHost, type HostAnswer, type Spreading } from "./spread.ts";

/** Something that happened at a time, under an id that is its host's own. */
interface Entry {
  readonly id: string;
  readonly at: string;
}

/** By host: the cursor in its own list, or that nothing more is in it. */
type Cursors = Readonly<Record<string, string | null>>;

const usualLimit = 100;

export interface SpreadPage {
  readonly items: readonly object[];
  readonly next?: string;
  readonly at: string;
  readonly unanswered: readonly string[];
}

export async function spreadPages({ peers, log, request, query, own }: Spreading): Promise<SpreadPage> {
  const url = new URL(request.url, "http://localhost");
  const limit = Number(url.searchParams.get("limit") ?? usualLimit);
  const cursors = readCursor(url.searchParams.get("cursor"));
  const from = (host: string) => cursors[host];
  const here = from(peers.name);
  const { cursor: _, ...rest } = query;
  const mine = (await own({ ...rest, ...(here ? { cursor: here } : {}) })) as Page<Entry>;
  const answers = new Map<string, HostAnswer<Entry>>();
  answers.set(peers.name, here === null ? { items: [] } : mine);
  const unanswered: string[] = [];
  await Promise.all(
    peers.others().map(async (other) => {
      const { name } = other;
      const cursor = from(name);
      if (cursor === null) return;
      try {
        answers.set(name, await askHost<Entry>(peers, other, { ...request, url: withCursor(url, cursor) }));
      } catch (error) {
        log.debug({ err: error, host: name }, "a host did not say what it has");
        unanswered.push(name);
      }
    }),
  );
  return { ...merge(answers, cursors, limit), at: mine.at, unanswered };
}

function withCursor(url: URL, cursor: string | undefined): string {
  const asked = new URL(url);
  if (cursor === undefined) asked.searchParams.delete("cursor");
  else asked.searchParams.set("cursor", cursor);
  return asked.pathname + asked.search;
}

function merge(answers: ReadonlyMap<string, HostAnswer<Entry>>, before: Cursors, limit: number) {
  const all = [...answers].flatMap(([host, { items }]) => items.map((item) => ({ ...item, host })));
  // Of one host's they stay in its order, also where its clock was set back.
  const sorted = all.toSorted((a, b) => (a.host === b.host ? 0 : a.at > b.at ? -1 : a.at < b.at ? 1 : 0));
  const items = sorted.slice(0, limit);
  const cursors: Record<string, string | null> = { ...before };
  for (const [host, { items: given, next }] of answers) {
    const last = items.findLast((item) => item.host === host);
    const taken = items.filter((item) => item.host === host).length;
    if (taken === given.length && next === undefined) cursors[host] = null;
    else if (last) cursors[host] = last.id;
  }
  const more = [...answers.keys()].some((host) => cursors[host] !== null);
  return { items, ...(more ? { next: writeCursor(cursors) } : {}) };
}

const writeCursor = (cursors: Cursors): string => Buffer.from(JSON.stringify(cursors)).toString("base64url");

/** @throws LodgeError api.invalid */
function readCursor(text: string | null): Cursors {
  if (text === null) return {};
  try {
    const read = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
    if (typeof read === "object" && read !== null) return read as Cursors;
  } catch {
    // It is none.
  }
  throw new LodgeError("api.invalid", { field: "cursor", reason: "is none of this list's" });
}
