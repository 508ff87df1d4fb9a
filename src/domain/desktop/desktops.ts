/** The desktops that people have, for whoever looks after them. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Announced, Desktop, DesktopEnd, DesktopReport, LostWith } from "#contract/schema/desktop";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { Guests } from "../guest/guests.ts";
import { guestKey, toGuest, type GuestRecord } from "../guest/record.ts";
import { marking, type defineEnd, type EndReason } from "./end.ts";
import type { Handout } from "./handout.ts";
import type { HomeState } from "./homes.ts";
import type { DesktopLines } from "./lines.ts";
import {
  desktopById,
  desktopKey,
  desktopPoolKey,
  desktopTarget,
  listDesktops,
  listPools,
  poolById,
  type DesktopRecord,
  type PoolRecord,
} from "./record.ts";
import { reportOf, shownDesktop, type Report } from "./shown.ts";
import type { DesktopUse } from "./use.ts";

/** What other hosts know of the desktops that they have. */
export interface ReportsElsewhere {
  /** Is the host of that name another one? */
  isElsewhere(host: string | undefined): host is string;
  /** By desktops. Nobody waits long for a host: there is nothing of one that does not answer. */
  of(hosts: ReadonlySet<string>): Promise<ReadonlyMap<string, Report>>;
}

export interface DesktopsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<OperationEngine, "start">;
  readonly end: ReturnType<typeof defineEnd>;
  readonly guests: Pick<Guests, "restart">;
  readonly handout: () => Handout;
  readonly lines: DesktopLines;
  /** All guests of desktop pools, on whichever host. */
  readonly marked: () => Promise<readonly Guest[]>;
  /** The host of that name, where it does not answer. */
  readonly away: (host: string | undefined) => LostWith | undefined;
  readonly elsewhere: ReportsElsewhere;
  readonly use: DesktopUse;
  /** What becomes of the home of a desktop of this host. */
  readonly homeOf: (desktop: string) => HomeState | undefined;
  /** Id of the recording that is being made of a guest. */
  readonly recordingOf: (guest: string) => string | undefined;
}

export class Desktops {
  readonly #parts: DesktopsParts;

  constructor(parts: DesktopsParts) {
    this.#parts = parts;
  }

  async list(query: { readonly pool?: string; readonly user?: string }): Promise<Desktop[]> {
    const { store, marked } = this.#parts;
    const [records, pools, guests] = await Promise.all([listDesktops(store), listPools(store), marked()]);
    const names = new Map(pools.map(({ id, name }) => [id, name]));
    const wanted = records
      .filter(({ pool }) => query.pool === undefined || query.pool === pool || names.get(pool) === query.pool)
      .filter(({ userName }) => query.user === undefined || query.user === userName);
    return this.#shown(wanted, names, guests);
  }

  /** What this host alone knows of those that it has. */
  reports(own: Iterable<DesktopRecord>): DesktopReport[] {
    return [...own].map((record) => ({ desktop: record.id, ...this.#reportOf(record) }));
  }

  #reportOf({ id, guest }: DesktopRecord): Report {
    const { use, homeOf, recordingOf } = this.#parts;
    const recording = guest === undefined ? undefined : recordingOf(guest);
    return reportOf(guest, { use, home: homeOf(id), recording });
  }

  /** @throws LodgeError desktop.not_found */
  async get(id: string): Promise<Desktop> {
    const { store } = this.#parts;
    const record = await desktopById(store, id);
    const [pool, guests] = await Promise.all([store.get(desktopPoolKey(record.pool)), this.#guestOf(record)]);
    const { name = record.pool } = (pool?.value ?? {}) as Partial<PoolRecord>;
    const [shown] = await this.#shown([record], new Map([[record.pool, name]]), guests);
    return shown!;
  }

  /** Of this host's own without asking for what others have. */
  async #guestOf({ guest }: DesktopRecord): Promise<readonly Guest[]> {
    const item = guest === undefined ? undefined : await this.#parts.store.get(guestKey(guest));
    return item ? [toGuest(item.value as GuestRecord)] : this.#parts.marked();
  }

  async #shown(
    records: readonly DesktopRecord[],
    pools: ReadonlyMap<string, string>,
    guests: readonly Guest[],
  ): Promise<Desktop[]> {
    const { elsewhere, away } = this.#parts;
    const byId = new Map(guests.map((guest) => [guest.id, guest]));
    const found = records.map((record) => ({ record, guest: byId.get(record.guest ?? "") }));
    const hosts = found.map(({ guest }) => guest?.host).filter((host) => elsewhere.isElsewhere(host));
    const reports = await elsewhere.of(new Set(hosts));
    return found.map(({ record, guest }) =>
      shownDesktop(record, {
        pool: pools.get(record.pool) ?? record.pool,
        guest,
        lost: away(guest?.host),
        report: elsewhere.isElsewhere(guest?.host) ? reports.get(record.id) : this.#reportOf(record),
      }),
    );
  }

  /** Begins at once: from its return on nobody comes back to it. @throws LodgeError desktop.not_found */
  async end(id: string, why: EndReason): Promise<Desktop> {
    const { engine, end, log, store } = this.#parts;
    const before = await this.get(id);
    for (;;) {
      const { changes, ...marked } = await marking(store, id, why);
      const { project } = marked.desktop;
      try {
        const options = { targets: [desktopTarget(id)], project, changes };
        const { completion } = await engine.start(end, { ...marked, why }, options);
        completion.then(
          ({ error }) => error && log.warn({ err: error, desktop: id }, "a desktop was not ended"),
          () => undefined,
        );
        return marked.keepsGuest ? before : { ...before, state: "ending" };
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  /** Announced, or at once. @throws LodgeError desktop.not_found */
  async endAsked(id: string, { notice = 0 }: DesktopEnd): Promise<Desktop> {
    if (notice === 0) return this.end(id, "asked");
    const at = new Date(this.#parts.clock.now() + notice * 1000).toISOString();
    await this.announce(id, { at, what: "sign-off", why: "asked" });
    return this.get(id);
  }

  /** Tells whoever watches it what will become of it, or that it is called off. */
  async announce(id: string, announced: Announced | undefined): Promise<void> {
    const { store, lines } = this.#parts;
    await update<DesktopRecord>(store, desktopKey(id), (record) => {
      if (!record || record.ending) return record;
      const { announced: _, ...rest } = record;
      return announced ? { ...rest, announced } : rest;
    });
    lines.tell(await this.get(id));
  }

  /** @throws LodgeError desktop.not_found */
  async reset(id: string): Promise<Desktop> {
    const { store, guests, handout } = this.#parts;
    const record = await desktopById(store, id);
    const pool = await poolById(store, record.pool);
    if (pool.keeps === "guest") {
      await guests.restart(record.guest!, { force: true });
      return this.get(id);
    }
    await this.end(id, "reset");
    const { user, userName } = record;
    const who = { id: user, name: userName, groups: [], claims: [], isHost: false };
    const next = await handout().give(pool, who);
    return this.get(next.id);
  }

  /** @throws LodgeError desktop.not_found, desktop.nobody_there */
  async message(id: string, from: string, text: string): Promise<Desktop> {
    const { clock, lines } = this.#parts;
    const shown = await this.get(id);
    lines.message(id, from, text, new Date(clock.now()).toISOString());
    return shown;
  }

  /** Whoever watches one that ends is told why, and goes. */
  leave({ id, guest }: DesktopRecord, why: EndReason): void {
    this.#parts.lines.ended(id, why);
    if (guest !== undefined) this.#parts.use.end(guest, () => true, new LodgeError("desktop.ended"));
  }

  /** Whoever watches it elsewhere goes. */
  takeOver({ guest }: DesktopRecord): void {
    if (guest === undefined) return;
    const why = new LodgeError("desktop.taken_over");
    this.#parts.use.end(guest, ({ shadow }) => !shadow, why);
  }
}
