/**
 * Objects that are more than their records: networks and templates count the guests on them, and templates
 * measure files. They are composed anew when something they are made of has changed, while somebody looks;
 * at most a few times a second.
 */
import type { Owner } from "#contract/access";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Turn } from "./collection.ts";

export interface ComposedParts {
  /** All of them, by id. */
  readonly read: () => Promise<ReadonlyMap<string, unknown>>;
  readonly owner: (object: never) => Owner;
  /** What of one has to be another for that to be told; default: anything. */
  readonly told?: (object: never) => unknown;
  readonly clock: Clock;
  readonly log: Log;
}

interface Known {
  readonly json: string;
  /** What was told of it. */
  readonly told: string;
  readonly owner: Owner;
}

/** Milliseconds for which changes are gathered. */
const pause = 250;

export class Composed {
  readonly #parts: ComposedParts;
  readonly #listeners = new Set<(turn: Turn) => void>();
  #known: ReadonlyMap<string, Known> = new Map();
  #stale = true;
  #reading: Promise<void> | undefined;

  constructor(parts: ComposedParts) {
    this.#parts = parts;
  }

  json(id: string): string | undefined {
    return this.#known.get(id)?.json;
  }

  owner(id: string): Owner | undefined {
    return this.#known.get(id)?.owner;
  }

  ids(): Iterable<string> {
    return this.#known.keys();
  }

  /** Something that they are made of is different. */
  stirred(): void {
    this.#stale = true;
    if (this.#listeners.size > 0) void this.#readSoon();
  }

  /** Calls with each change; resolves, once they are known, to what ends it. */
  async listen(listener: (turn: Turn) => void): Promise<() => void> {
    this.#listeners.add(listener);
    await this.#readSoon(0);
    return () => this.#listeners.delete(listener);
  }

  #readSoon(milliseconds = pause): Promise<void> {
    this.#reading ??= this.#read(milliseconds).finally(() => {
      this.#reading = undefined;
      if (this.#stale && this.#listeners.size > 0) void this.#readSoon();
    });
    return this.#reading;
  }

  async #read(milliseconds: number): Promise<void> {
    const { clock, log, read } = this.#parts;
    if (!this.#stale) return;
    try {
      if (milliseconds > 0) await clock.sleep(milliseconds);
      this.#stale = false;
      const found = await read();
      const { owner, told } = this.#parts;
      const known = ([id, object]: [string, unknown]): [string, Known] => {
        const json = JSON.stringify(object);
        const said = told ? JSON.stringify(told(object as never)) : json;
        return [id, { json, told: said, owner: owner(object as never) }];
      };
      this.#take(new Map([...found].map(known)));
    } catch (error) {
      log.warn({ err: error }, "objects could not be composed");
    }
  }

  #take(found: ReadonlyMap<string, Known>): void {
    const before = this.#known;
    this.#known = found;
    const tell = (turn: Turn) => {
      for (const listener of this.#listeners) listener(turn);
    };
    for (const [id, { owner }] of before) if (!found.has(id)) tell({ op: "removed", id, owners: [owner] });
    for (const [id, { told, owner }] of found) {
      const old = before.get(id);
      if (old?.told !== told) tell({ op: old === undefined ? "created" : "changed", id, owners: [owner] });
    }
  }
}
