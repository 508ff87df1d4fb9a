/**
 * Has at hand on this host what the highly available guests of others need to start here: the images below their disks, which lie in
 * each host's home and not in the pool. Only a host that has them can take such a guest over, and the last one that has an image may be
 * the one that is lost.
 *
 *   a guest is made available, or what it stands on changes ──► are all its pools here? ──► its images are brought here
 */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { SerialQueue } from "#base/queue";
import { keepUp } from "#durable/store/keep-up";
import type { Followed } from "#durable/store/follow";
import { locate } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { guestPrefix, writtenLayers, type GuestRecord } from "../../guest/record.ts";
import { imageById } from "../../image/record.ts";
import { isSharedKind, listPools } from "../../volume/pool.ts";
import { belongingsOf, imagesBelow, poolsBelow } from "./belongings.ts";

export interface AtHandParts {
  /** All hosts' records as they lie. */
  readonly all: Store;
  /** This host's. */
  readonly own: Store;
  readonly layers: string;
  readonly host: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Sees to it that an image is here, where another host has it. */
  readonly bring: (image: string, project: string) => Promise<void>;
}

/** Milliseconds until what could not be brought is tried again. */
const again = 60_000;

export class AtHand {
  readonly #parts: AtHandParts;
  readonly #closed = new AbortController();
  readonly #queue = new SerialQueue();
  /** By guest: what it stood on when all of it was here, or was nothing for this host to have. */
  readonly #seen = new Map<string, string>();

  constructor(parts: AtHandParts) {
    this.#parts = parts;
  }

  open(): void {
    const hear = (told: Followed) => this.#hear(told);
    const missed = "what guests of other hosts stand on is looked for again";
    const { all: store, clock, log } = this.#parts;
    void keepUp({ store, clock, log }, { prefix: guestPrefix, hear, missed }, this.#closed.signal);
  }

  close(): void {
    this.#closed.abort();
  }

  #hear(told: Followed): void {
    const items = told.type === "all" ? told.items : told.events.filter(({ type }) => type === "put");
    for (const { key, value } of items) {
      const { host } = locate(key);
      const guest = value as GuestRecord;
      if (host === undefined || host === this.#parts.host || !guest.ha) continue;
      // Bringing an image takes minutes, and what is told meanwhile is not to wait.
      void this.#queue.run(() => this.#require(host, guest));
    }
  }

  async #require(host: string, guest: GuestRecord): Promise<void> {
    const standsOn = Object.values(writtenLayers(guest)).join();
    if (this.#seen.get(guest.id) === standsOn) return;
    const { clock, log } = this.#parts;
    const { signal } = this.#closed;
    try {
      signal.throwIfAborted();
      await this.#bring(host, guest);
      this.#seen.set(guest.id, standsOn);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, guest: guest.id }, "what a highly available guest stands on is not here yet");
      void clock.sleep(again, signal).then(
        () => this.#queue.run(() => this.#require(host, guest)),
        () => undefined,
      );
    }
  }

  async #bring(host: string, { id, project }: GuestRecord): Promise<void> {
    const { all, own, layers, bring } = this.#parts;
    const belongings = await belongingsOf(all, host, id);
    // One whose disks are mirrored starts from its replica.
    if (!belongings?.guest.ha || belongings.guest.replica) return;
    const shared = (await listPools(own, layers)).filter(({ kind }) => isSharedKind(kind));
    const names = new Set(shared.map(({ name }) => name));
    if (!poolsBelow(belongings).every((pool) => names.has(pool))) return;
    for (const image of imagesBelow(belongings)) {
      await bring(image, project);
      // Throws where nobody has it now.
      await imageById(own, image);
    }
  }
}
