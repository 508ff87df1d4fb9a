/** Webhooks over a store in memory, a log of events in a folder, a clock that a test moves, and a receiver on loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { silentLog } from "#base/log";
import type { Actor } from "#domain/access/actor";
import { EventLog } from "#domain/host/events";
import { progressPrefix, type ProgressRecord } from "#domain/webhook/record";
import { Webhooks } from "#domain/webhook/webhooks";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import type { Revision, Transaction } from "#durable/store/store";
import { Receiver } from "./receiver.ts";

const host: Actor = { kind: "host", role: "admin" } as Actor;
const key = new Uint8Array(32);

class WatchedStore extends MemoryStore {
  /** How often it was written how far a webhook has got. */
  notes = 0;
  /** It is written no more, as by a daemon that is killed before. */
  forgets = false;

  override async transact(transaction: Transaction): Promise<Revision> {
    const notes = transaction.put?.length === 1 && transaction.put[0]?.key.startsWith(progressPrefix);
    if (notes && this.forgets)
      throw new LodgeError("store.unavailable", { path: "store", reason: "it is gone" });
    if (notes) this.notes++;
    return super.transact(transaction);
  }
}

export class WebhookWorld {
  readonly clock = new ManualClock();
  readonly store = new WatchedStore();
  readonly folder: string;
  readonly receiver: Receiver;
  readonly events: EventLog;
  /** Addresses that lead nowhere. */
  readonly closed = new Set<string>();
  webhooks: Webhooks;

  private constructor(folder: string, receiver: Receiver) {
    this.folder = folder;
    this.receiver = receiver;
    this.events = new EventLog(join(folder, "events.jsonl"), this.clock);
    this.webhooks = this.#make();
  }

  static async open(): Promise<WebhookWorld> {
    const folder = await mkdtemp(join(tmpdir(), "lodge-webhooks-"));
    const world = new WebhookWorld(folder, await Receiver.open());
    await world.webhooks.open();
    return world;
  }

  #make(): Webhooks {
    const { store, clock, events, folder } = this;
    return new Webhooks({
      store,
      key,
      clock,
      log: silentLog,
      events,
      may: async () => (address) => !this.closed.has(address),
      folder: join(folder, "webhooks"),
      random: () => 0.5,
    });
  }

  /** As a daemon that ends and starts again. */
  async restart(): Promise<void> {
    await this.webhooks.close();
    this.webhooks = this.#make();
    await this.webhooks.open();
  }

  add(more: Partial<Schemas["WebhookCreate"]> = {}): Promise<Schemas["MadeWebhook"]> {
    const body = { name: "ci", url: this.receiver.url, allowHttp: true, ...more };
    return this.webhooks.create(body, host);
  }

  happen(kind: string, guest?: { id: string; name: string; labels?: Record<string, string> }): void {
    this.events.append({ kind, message: `${kind} happened`, ...(guest ? { guest } : {}) });
  }

  /** Resolves once what was written of a webhook's progress is so. */
  async progress(id: string, so: (progress: ProgressRecord) => boolean): Promise<ProgressRecord> {
    const at = progressPrefix + id;
    const done = new AbortController();
    const batches = this.store.watch(at, { signal: done.signal });
    const now = (await this.store.get(at))?.value as ProgressRecord | undefined;
    try {
      if (now && so(now)) return now;
      for await (const { events } of batches) {
        const found = events.find(({ value }) => value !== undefined && so(value as ProgressRecord));
        if (found) return found.value as ProgressRecord;
      }
      throw new TypeError("the store has ended");
    } finally {
      done.abort();
    }
  }

  /** Lets the pause before the next try pass. */
  async tryAgain(id: string, tries: number): Promise<void> {
    const { failure } = await this.progress(id, (progress) => progress.failure?.tries === tries);
    this.clock.advance(Math.max(0, (failure?.next ?? 0) - this.clock.now()));
  }

  async close(): Promise<void> {
    await this.webhooks.close();
    await this.receiver.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
