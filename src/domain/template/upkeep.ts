/**
 * Keeps the templates true to what they were made of and within their budget, as things change:
 *
 *   the daemon starts ┐                mark stale ──► collect ──► budget ──► successors
 *   a guest lets go   ├──► a pass:     image, QEMU,   unused      evict,     parked one after another,
 *   an image is made  │                layout         ones go     remove     for shapes that are in use
 *   the budget is set ┘
 *
 * Passes run one after another; those asked for while one waits are one.
 */
import { asLodgeError, hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { SerialQueue } from "#base/queue";
import type { Started } from "#durable/operation/engine";
import type { Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import type { Store, StoreEvent } from "#durable/store/store";
import { guestPrefix, type GuestRecord } from "../guest/record.ts";
import { fits, listTemplates, templateKey, templatePrefix, type TemplateRecord } from "./record.ts";
import { staleness, type Surroundings } from "./staleness.ts";
import { mayRetire, type Stock } from "./stock.ts";
import { survey, type Surveyed } from "./survey.ts";
import { letGoOf } from "./users.ts";

export interface UpkeepParts {
  readonly store: Store;
  readonly stock: Stock;
  readonly clock: Clock;
  readonly log: Log;
  readonly surroundings: () => Promise<Surroundings>;
  /**
   * Begins to park another of the same shape; nothing where there is one, or cannot be.
   *
   * @throws LodgeError api.stopping: not now.
   */
  readonly succeed: (record: TemplateRecord) => Promise<Started | undefined>;
}

/** Milliseconds since its last fork for which a shape counts as in use: a week. */
const recently = 7 * 24 * 3600 * 1000;

export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #passes = new SerialQueue();
  readonly #successors = new SerialQueue();
  readonly #succeeding = new Set<string>();
  readonly #stop = new AbortController();

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Resolves after the first pass; then follows what guests do. */
  async start(): Promise<void> {
    const { revision } = await this.#parts.store.list(templatePrefix);
    await this.pass();
    const hear = async (told: Followed) => {
      if (told.type === "all" || (await this.#matters(told.events))) this.soon();
    };
    const missed = "guests that let go of templates are not heard of at the moment";
    void keepUp(this.#parts, { prefix: guestPrefix, since: revision, hear, missed }, this.#stop.signal);
  }

  /** Does nothing more; resolves when the pass under way has ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#passes.run(async () => undefined);
  }

  /** What goes wrong is logged; the next pass tries again. */
  pass(): Promise<void> {
    return this.#passes.run(async () => {
      if (this.#stop.signal.aborted) return;
      await this.#look().catch((error: unknown) => {
        this.#parts.log.warn({ err: error }, "templates could not be looked after");
      });
    });
  }

  soon(): void {
    if (this.#passes.length < 2) void this.pass();
  }

  /** A guest that ends makes its template free to go; one that has been made lets go only of what is stale. */
  async #matters(events: readonly StoreEvent[]): Promise<boolean> {
    for (const { previous, value } of events) {
      const template = letGoOf(previous as GuestRecord | undefined, value as GuestRecord | undefined);
      if (template === undefined) continue;
      if ((value as GuestRecord | undefined)?.process === undefined) return true;
      const item = await this.#parts.store.get(templateKey(template));
      if ((item?.value as TemplateRecord | undefined)?.state === "stale") return true;
    }
    return false;
  }

  async #look(): Promise<void> {
    const { store, stock } = this.#parts;
    await this.#mark();
    await stock.collect();
    await stock.enforce();
    for (const record of await listTemplates(store)) if (record.succeed) this.#succeed(record);
  }

  async #mark(): Promise<void> {
    const { store, stock, surroundings } = this.#parts;
    const now = await surroundings();
    const all = (await listTemplates(store)).filter(mayRetire);
    // Only where one is stale: this reads every guest.
    let surveyed: readonly Surveyed[] | undefined;
    for (const record of all) {
      const why = staleness(record, now);
      if (why !== undefined) {
        surveyed ??= await survey(store);
        const one = surveyed.find(({ id }) => id === record.id);
        await stock.retire(record.id, why, one !== undefined && this.#inUse(one));
      } else if (all.some((other) => replaces(other, record)))
        await stock.retire(record.id, "a newer one of its shape is there");
    }
  }

  #inUse({ guests, usedAt }: Surveyed): boolean {
    return guests > 0 || this.#parts.clock.now() - Date.parse(usedAt) < recently;
  }

  /**
   * One after another: each boots a machine. A stale one's record stays until its successor is parked, so that
   * a daemon that is killed meanwhile takes it up again.
   */
  #succeed(record: TemplateRecord): void {
    if (this.#succeeding.has(record.id)) return;
    this.#succeeding.add(record.id);
    const { stock, log, succeed } = this.#parts;
    void this.#successors
      .run(async () => {
        if (this.#stop.signal.aborted) return;
        const started = await succeed(record);
        await started?.completion;
        await stock.forgetSuccessor(record.id);
        this.soon();
      })
      .catch(async (error: unknown) => {
        // The next daemon takes it up.
        if (hasCode(error, "api.stopping")) return;
        log.warn({ err: asLodgeError(error), template: record.id }, "a template has no successor");
        await stock.forgetSuccessor(record.id);
        this.soon();
      })
      .finally(() => this.#succeeding.delete(record.id));
  }
}

const replaces = (newer: TemplateRecord, older: TemplateRecord): boolean => {
  const { project, image, cpus, memory, sound = false, monitors = 1, nic } = older;
  const { accelerator, qemu, layout } = older;
  return (
    newer.createdAt > older.createdAt &&
    fits(newer, { project, image, cpus, memory, sound, monitors, nic, accelerator, qemu, layout })
  );
};
