/** Pools, desktops and this host's guests of them, as the store has them; followed for as long as it is wanted. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { take, type Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import type { Store } from "#durable/store/store";
import { guestPrefix, type GuestRecord } from "../guest/record.ts";
import type { Marked } from "./plan.ts";
import { poolAilPrefix, type HostAil } from "./pool-ail.ts";
import { desktopPoolPrefix, desktopPrefix, type DesktopRecord, type PoolRecord } from "./record.ts";

export interface KnownParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export class Known {
  readonly pools = new Map<string, PoolRecord>();
  readonly desktops = new Map<string, DesktopRecord>();
  readonly guests = new Map<string, Marked>();
  /** Of which pools which hosts could not make standbys, by POOL/HOST. */
  readonly ails = new Map<string, HostAil>();
  readonly #parts: KnownParts;

  constructor(parts: KnownParts) {
    this.#parts = parts;
  }

  /** Resolves once all is known, however long that takes; `onChange` is called whenever something is different. */
  async open(onChange: () => void, signal: AbortSignal): Promise<void> {
    const missed = "desktops are not followed at the moment";
    const follow = (prefix: string, hear: (told: Followed) => boolean) => {
      const heard = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => heard.resolve(), { once: true });
      const told = (news: Followed) => {
        if (hear(news)) onChange();
        heard.resolve();
      };
      // What fails is tried again.
      keepUp(this.#parts, { prefix, hear: told, missed }, signal).catch(() => undefined);
      return heard.promise;
    };
    await Promise.all([
      follow(desktopPoolPrefix, (told) => (take(told, desktopPoolPrefix, this.pools), true)),
      follow(desktopPrefix, (told) => (take(told, desktopPrefix, this.desktops), true)),
      follow(poolAilPrefix, (told) => (take(told, poolAilPrefix, this.ails), true)),
      follow(guestPrefix, (told) => this.#hear(told)),
    ]);
  }

  /** Of a pool, oldest first. */
  standbys({ id, revision }: Pick<PoolRecord, "id" | "revision">): string[] {
    return [...this.guests.values()]
      .filter(
        ({ desktop, state }) => desktop.pool === id && desktop.state === "standby" && state === "paused",
      )
      .filter(({ desktop }) => desktop.revision === revision)
      .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
      .map((guest) => guest.id);
  }

  /** Most guests are of no pool: whether something of one changed. */
  #hear(told: Followed): boolean {
    if (told.type === "all") {
      this.guests.clear();
      for (const { value } of told.items) this.#put(value as GuestRecord);
      return true;
    }
    let changed = false;
    for (const { key, value } of told.events) {
      const id = key.slice(guestPrefix.length);
      if (this.guests.delete(id)) changed = true;
      if (value !== undefined && this.#put(value as GuestRecord)) changed = true;
    }
    return changed;
  }

  #put({ id, state, stateSince, createdAt, comesBack, desktop }: GuestRecord): boolean {
    if (!desktop) return false;
    this.guests.set(id, { id, state, stateSince, createdAt, desktop, ...(comesBack ? { comesBack } : {}) });
    return true;
  }
}
