/**
 * Tells each reader what happens and what changes: contract/schema/feed.ts has the frames.
 *
 *   log ───────┐
 *   views ─────┤──► pending, one for each reader ──► frames, written when the reader takes them
 *   composed ──┤
 *   usage ─────┘
 *
 * A reader that resumes is first told, as they are now, of all objects that have changed since; its own
 * place in the store's history says which. Where that history is not kept any more it is reset.
 */
import type { Role } from "#contract/access";
import { hasCode } from "#contract/errors";
import type { FeedKind, GuestUsage, ObjectKind, Usage } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import type { Store } from "#durable/store/store";
import type { UsageSampler } from "../guest/usage.ts";
import type { Sight } from "../access/sight.ts";
import { eventOwner, type EventLog } from "../host/events.ts";
import type { Turn } from "./collection.ts";
import type { Composed } from "./composed.ts";
import { Pending, type News, type Taken } from "./pending.ts";
import { formatPlace, parsePlace, type Place } from "./place.ts";
import {
  isComposed,
  recordId,
  recordOwner,
  touched,
  type ComposedKind,
  type RecordKind,
  type Views,
} from "./views.ts";

export interface FeedParts {
  readonly store: Store;
  readonly views: Views;
  readonly events: Pick<EventLog, "listen" | "after" | "all">;
  readonly composed: Readonly<Record<ComposedKind, Composed>>;
  readonly usage: Pick<UsageSampler, "listen">;
  /** A network's JSON for whoever does not see all: its counts are of what he sees. */
  readonly shown: (json: string, sight: Sight) => string;
  /** Objects and events that may wait for one reader. */
  readonly most?: number;
}

export interface FeedQuery {
  readonly kinds: ReadonlySet<FeedKind>;
  /** An `at`; undefined: from now on. */
  readonly from?: string | undefined;
  /** Of the log alone: the id of the last event that the reader has. */
  readonly after?: string | undefined;
  /** Id of the guest that all has to be about. */
  readonly guest?: string | undefined;
  /** What its reader sees, and is told of. */
  readonly sight: Sight;
}

/** A frame as its reader gets it. */
export interface FrameText {
  readonly at: string;
  readonly json: string;
}

export interface OpenFeed {
  /** Where the reader is. */
  readonly at: string;
  readonly frames: AsyncIterable<readonly FrameText[]>;
  /** To be called by whoever opened it, whether it was read or not. */
  close(): void;
}

/** Guests whose samples are in one frame: a message has its greatest length. */
const guestsPerFrame = 1_000;

/** The role that is needed to be told of a kind, where it is not the reader's usual one. */
const needed: Readonly<Partial<Record<ObjectKind, Role>>> = { webhook: "admin" };

export class Feed {
  readonly #parts: FeedParts;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    parts.views.listen({
      turned: () => undefined,
      stirred: (kind) => parts.composed[kind].stirred(),
    });
  }

  /**
   * Resolves once nothing is missed any more: after the reader's place, or from now on. What is told comes
   * in pieces, each as soon as the one before was taken, and ends with the signal.
   *
   * @throws LodgeError api.invalid where `from` is no place.
   */
  async open(query: FeedQuery, signal: AbortSignal): Promise<OpenFeed> {
    const reader = new Reader(this.#parts, query, signal);
    const at = query.from ?? formatPlace(this.#parts.views.place);
    try {
      await reader.begin();
    } catch (error) {
      reader.end();
      throw error;
    }
    return { at, frames: framesOf(reader), close: () => reader.end() };
  }
}

async function* framesOf(reader: Reader): AsyncGenerator<readonly FrameText[], void> {
  for (;;) {
    const taken = await reader.take();
    if (taken.length === 0) return;
    yield taken.map((one) => reader.write(one));
  }
}

class Reader {
  readonly #parts: FeedParts;
  readonly #query: FeedQuery;
  readonly #signal: AbortSignal;
  readonly #pending: Pending;
  readonly #from: Place | undefined;
  readonly #endings: (() => void)[] = [];

  constructor(parts: FeedParts, query: FeedQuery, signal: AbortSignal) {
    this.#parts = parts;
    this.#query = query;
    this.#signal = signal;
    this.#from = query.from === undefined ? undefined : parsePlace(query.from);
    this.#pending = new Pending(this.#from ?? parts.views.place, parts.most);
  }

  async begin(): Promise<void> {
    const { views, events, composed, usage } = this.#parts;
    const { kinds, guest, sight } = this.#query;
    // Who sees something else by now has to look anew.
    this.#endings.push(sight.onChange(() => this.#pending.reset()));
    // Listening begins before the past is looked at, so that there is no gap between the two.
    if (kinds.has("event")) {
      this.#endings.push(events.listen((event) => this.#event(event)));
      const after = this.#query.after ?? this.#from?.event;
      if (after !== undefined) this.#pastEvents(after);
    }
    const end = views.listen({
      turned: (kind, turn) => {
        if (kinds.has(kind) && this.#concerns(kind, turn.id)) this.#turned(kind, turn);
      },
      stirred: () => undefined,
    });
    this.#endings.push(end);
    if (this.#from) await this.#pastChanges(this.#from);
    for (const [kind, objects] of Object.entries(composed) as [ComposedKind, Composed][]) {
      if (!kinds.has(kind) || guest !== undefined) continue;
      this.#endings.push(await objects.listen((turn) => this.#turned(kind, turn)));
      if (!this.#from) continue;
      for (const id of objects.ids())
        this.#turned(kind, { op: "changed", id, owners: [objects.owner(id) ?? {}] });
    }
    if (kinds.has("usage")) this.#endings.push(usage.listen((sample) => this.#usage(sample)));
  }

  end(): void {
    for (const end of this.#endings) end();
  }

  take(): Promise<readonly Taken[]> {
    return this.#pending.take(() => this.#parts.views.place, this.#signal);
  }

  write({ news, at }: Taken): FrameText {
    const where = JSON.stringify(at);
    switch (news.type) {
      case "reset":
        return { at, json: `{"type":"reset","at":${where}}` };
      case "event":
        return { at, json: `{"type":"event","at":${where},"event":${news.json}}` };
      case "usage":
        return { at, json: `{"type":"usage","at":${where},"usage":${news.json}}` };
      case "change": {
        const { kind, id } = news;
        const object = this.#json(kind, id);
        const op = object === undefined ? "removed" : news.op === "removed" ? "changed" : news.op;
        const head = `{"type":"change","at":${where},"op":"${op}","kind":"${kind}","id":${JSON.stringify(id)}`;
        return { at, json: object === undefined ? `${head}}` : `${head},"object":${object}}` };
      }
    }
  }

  /** As its reader sees it: nothing of what is hidden from him. */
  #json(kind: ObjectKind, id: string): string | undefined {
    const { views, composed, shown } = this.#parts;
    const { sight } = this.#query;
    const objects = isComposed(kind) ? composed[kind] : views.collection(kind);
    const owner = objects.owner(id);
    const json = owner && sight.sees(owner, needed[kind]) ? objects.json(id) : undefined;
    return json !== undefined && kind === "network" && !sight.isWhole ? shown(json, sight) : json;
  }

  #turned(kind: ObjectKind, { op, id, owners }: Turn): void {
    const { sight } = this.#query;
    if (owners.some((owner) => sight.sees(owner, needed[kind]))) this.#push({ type: "change", kind, id, op });
  }

  #push(news: News): void {
    this.#pending.push(news, this.#parts.views.place);
  }

  #concerns(kind: RecordKind, id: string): boolean {
    const { guest } = this.#query;
    const { views } = this.#parts;
    if (guest === undefined) return true;
    if (kind === "guest") return id === guest;
    // One that was removed is told to everybody who sees it: of which guest it was is not known any more.
    if (kind === "snapshot") return (views.snapshots.get(id)?.guest ?? guest) === guest;
    if (kind === "recording") return (views.recordings.get(id)?.guest ?? guest) === guest;
    if (kind !== "operation") return false;
    const operation = views.operations.get(id);
    return operation === undefined || operation.targets.includes(`guest:${guest}`);
  }

  #event(event: Schemas["Event"]): void {
    const { guest, sight } = this.#query;
    if ((guest === undefined || event.guest === guest) && sight.sees(eventOwner(event)))
      this.#push({ type: "event", json: JSON.stringify(event) });
  }

  #pastEvents(after: string): void {
    const past = this.#parts.events.after(after);
    if (past) for (const event of past) this.#event(event);
    // Of the log alone, what is kept is all that can be had.
    else if (this.#query.after !== undefined)
      for (const event of this.#parts.events.all()) this.#event(event);
    else this.#pending.reset();
  }

  /** Whatever changed between the reader's place and now is told as it is now. */
  async #pastChanges({ revision: from }: Place): Promise<void> {
    const { views, store } = this.#parts;
    const { kinds } = this.#query;
    const now = await views.caughtUp();
    if (from.epoch === now.epoch && from.number >= now.number) return;
    const done = new AbortController();
    try {
      const signal = AbortSignal.any([this.#signal, done.signal]);
      for await (const { events, revision } of store.watch("", { from, signal })) {
        for (const { key, value, previous } of events) {
          const found = touched(key);
          if (!found || !kinds.has(found.kind)) continue;
          const { kind } = found;
          const id = recordId(kind, found.id, value ?? previous);
          if (!isComposed(kind) && !this.#concerns(kind, id)) continue;
          const owners = [previous, value].flatMap((record) =>
            record === undefined ? [] : [recordOwner(kind, record)],
          );
          this.#turned(kind, { op: previous === undefined ? "created" : "changed", id, owners });
        }
        if (revision.number >= now.number) break;
      }
    } catch (error) {
      if (!hasCode(error, "store.compacted")) throw error;
      this.#pending.reset();
    } finally {
      done.abort();
    }
  }

  #usage({ guests, ...rest }: Usage): void {
    const { guest, sight } = this.#query;
    const seen = (id: string) => sight.isWhole || sight.sees(this.#parts.views.guests.owner(id) ?? {});
    const wanted = guests.filter((one) => (guest === undefined || one.guest === guest) && seen(one.guest));
    const parts = Math.max(1, Math.ceil(wanted.length / guestsPerFrame));
    for (let part = 0; part < parts; part++) {
      const some: GuestUsage[] = wanted.slice(part * guestsPerFrame, (part + 1) * guestsPerFrame);
      this.#push({ type: "usage", part, json: JSON.stringify({ ...rest, guests: some }) });
    }
  }
}
