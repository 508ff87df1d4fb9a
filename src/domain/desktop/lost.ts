/**
 * A desktop whose host does not answer, and what its user gets instead:
 *
 *   keeps nothing ──────────────────────────────────────────────► it ends, and he has another
 *   keeps a home ──► is it certain that it is written to no more? ──► it ends, and he has another with his home
 *                       └── no ──► desktop.home_away: it would be in two guests
 *   keeps the guest ──► desktop.lost: where it is, and since when
 *
 * What is left of it there goes when its host is back (plan.ts), or is taken out of the cluster.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { LostWith } from "#contract/schema/desktop";
import { locate } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { put } from "#durable/store/update";
import { placeOfGuest } from "./home.ts";
import type { Homes } from "./homes.ts";
import { desktopLostKey, type DesktopRecord, type PoolRecord } from "./record.ts";

export interface LostParts {
  readonly store: Store;
  /** A host by its id, where it does not answer. */
  readonly away: (host: string | undefined) => LostWith | undefined;
  readonly homes: Pick<Homes, "isFreeOf">;
  /** Ends what is lost. @throws LodgeError desktop.not_found */
  readonly end: (desktop: string) => Promise<unknown>;
}

export class LostDesktops {
  readonly #parts: LostParts;

  constructor(parts: LostParts) {
    this.#parts = parts;
  }

  /**
   * One that is not on this host ends, so that its user can have another: he is told that, and why.
   * @throws LodgeError desktop.lost, desktop.home_away; desktop.not_ready: its host answers
   */
  async replace(desktop: DesktopRecord, pool: PoolRecord): Promise<void> {
    const { store, end } = this.#parts;
    const lost = await this.#with(desktop);
    if (!lost) throw isBack();
    // Before anything of it goes: once nothing of its guest is left, anybody clears away its record.
    if (pool.keeps !== "guest") await put(store, desktopLostKey(pool.id, desktop.user), lost);
    await this.release(desktop, pool);
    await end(desktop.id).catch((error: unknown) => {
      if (!hasCode(error, "desktop.not_found")) throw error;
    });
  }

  /**
   * What is kept of one that is lost is written to by nobody any more once this resolves; of one that is not lost, nothing is done.
   * @throws LodgeError desktop.lost, desktop.home_away; desktop.not_ready: its host has come back meanwhile
   */
  async release(desktop: DesktopRecord, { keeps }: Pick<PoolRecord, "keeps">): Promise<void> {
    const lost = keeps === "nothing" ? undefined : await this.#with(desktop);
    if (!lost) return;
    if (keeps === "guest") {
      const { host, since = "before anybody here could know" } = lost;
      throw new LodgeError("desktop.lost", { host, since });
    }
    if (!(await this.#parts.homes.isFreeOf(desktop))) throw isBack();
  }

  async #with({ guest }: DesktopRecord): Promise<LostWith | undefined> {
    const place = guest === undefined ? undefined : await placeOfGuest(this.#parts.store, guest);
    return place === undefined ? undefined : this.#parts.away(locate(place).host);
  }
}

const isBack = (): LodgeError =>
  new LodgeError("desktop.not_ready", { reason: "another host answers for it" });
