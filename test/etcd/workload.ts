/**
 * Writers and watchers of one etcd that go on through whatever is done to it, and afterwards the question: was every
 * change that was acknowledged made, once, at the revision that was told, and did every watch tell it, once and in order?
 *
 * Each writer puts keys that nobody else writes and that it writes once, without a compare, so nothing but the store itself
 * keeps a repeated request from happening twice. A writer that was not told how a change ended asks the store, and
 * takes what it reads for final.
 */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { newId } from "#base/ids";
import { hasCode } from "#contract/errors";
import { type EtcdStore, openEtcdStore } from "#durable/store/etcd";
import type { Revision } from "#durable/store/store";
import { put } from "#durable/store/update";

interface Told {
  readonly key: string;
  readonly number: number;
}

export class Workload {
  readonly #stores: readonly EtcdStore[];
  readonly #acknowledged = new Map<string, number>();
  /** What was read to be there, or not to be, by a writer that was not told. */
  readonly #read = new Map<string, boolean>();
  readonly #told: Told[][] = [];
  readonly #news = new EventEmitter();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>[] = [];
  #from: Revision | undefined;
  #stopping = false;
  unavailable = 0;

  private constructor(stores: readonly EtcdStore[]) {
    this.#stores = stores;
    this.#news.setMaxListeners(0);
  }

  /** Each store prefers another member. Two writers and one watcher of each. */
  static async begin(endpoints: readonly string[]): Promise<Workload> {
    const orders = endpoints.map((_, i) => [...endpoints.slice(i), ...endpoints.slice(0, i)]);
    const prefix = newId("w");
    const stores = await Promise.all(orders.map((order) => openEtcdStore({ endpoints: order, prefix })));
    const workload = new Workload(stores);
    workload.#from = (await stores[0]!.list("")).revision;
    for (const [n, store] of stores.entries()) {
      workload.#running.push(
        workload.#watch(store),
        workload.#write(store, `${n}a`),
        workload.#write(store, `${n}b`),
      );
    }
    return workload;
  }

  /** Resolves when every writer was told of so many more changes. */
  async progress(changes: number): Promise<void> {
    const goal = new Map(this.#writers().map((writer) => [writer, this.#countOf(writer) + changes]));
    while ([...goal].some(([writer, count]) => this.#countOf(writer) < count))
      await once(this.#news, "acknowledged", { signal: this.#ending.signal });
  }

  /** Ends all of it and answers the question. @returns how many changes were acknowledged */
  async check(): Promise<number> {
    this.#stopping = true;
    const last = await this.#settled();
    while (this.#told.some((told) => (told.at(-1)?.number ?? 0) < last)) await once(this.#news, "told");
    this.#ending.abort();
    await Promise.all(this.#running);
    const { items } = await this.#stores[0]!.list("k/");
    await Promise.all(this.#stores.map((store) => store.close()));
    const there = new Map(items.map(({ key, revision }) => [key, revision]));
    for (const item of items) assert.equal(item.created, item.revision, `${item.key} was written twice`);
    for (const [key, number] of this.#acknowledged)
      assert.equal(there.get(key), number, `${key} was acknowledged at ${number}`);
    for (const [key, found] of this.#read)
      assert.equal(there.has(key), found, `${key} was read and is otherwise now`);
    const expected = items
      .map(({ key, revision }) => ({ key, number: revision }))
      .toSorted((a, b) => a.number - b.number);
    for (const told of this.#told) assert.deepEqual(told, expected);
    return this.#acknowledged.size;
  }

  /** Leaves nothing running, whatever the answer was. */
  async end(): Promise<void> {
    this.#fail(new Error("the test has ended"));
    await Promise.all(this.#stores.map((store) => store.close()));
    await Promise.all(this.#running);
  }

  #writers(): string[] {
    return this.#stores.flatMap((_, n) => [`${n}a`, `${n}b`]);
  }

  #countOf(writer: string): number {
    let count = 0;
    for (const key of this.#acknowledged.keys()) if (key.startsWith(`k/${writer}/`)) count++;
    return count;
  }

  async #write(store: EtcdStore, writer: string): Promise<void> {
    for (let n = 0; !this.#stopping; n++) {
      const key = `k/${writer}/${n}`;
      try {
        this.#acknowledged.set(key, (await put(store, key, n)).number);
        this.#news.emit("acknowledged");
      } catch (error) {
        if (!hasCode(error, "store.unavailable", "store.unsettled")) return this.#fail(error);
        this.unavailable++;
        await this.#lookFor(store, key).then(
          (found) => this.#read.set(key, found),
          (failure: unknown) => this.#fail(failure),
        );
      }
    }
  }

  async #lookFor(store: EtcdStore, key: string): Promise<boolean> {
    for (;;) {
      try {
        return (await store.get(key)) !== undefined;
      } catch (error) {
        if (this.#ending.signal.aborted || !hasCode(error, "store.unavailable")) throw error;
      }
    }
  }

  async #watch(store: EtcdStore): Promise<void> {
    const told: Told[] = [];
    this.#told.push(told);
    try {
      for await (const { revision, events } of store.watch("k/", {
        from: this.#from!,
        signal: this.#ending.signal,
      })) {
        for (const { key } of events) told.push({ key, number: revision.number });
        this.#news.emit("told");
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The last revision of the writers', once all of them have ended. */
  async #settled(): Promise<number> {
    const writers = this.#running.filter((_, i) => i % 3 > 0);
    await Promise.all(writers);
    const { items } = await this.#stores[0]!.list("k/");
    return Math.max(...items.map(({ revision }) => revision));
  }

  /** Whatever waits is told. */
  #fail(error: unknown): void {
    this.#stopping = true;
    this.#ending.abort(error);
  }
}
