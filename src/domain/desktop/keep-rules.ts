/**
 * Keeps the rules of the desktops on this host: looks each second at what is due (rules.ts), and writes down when the first viewer of
 * one came and when the last went, from which that follows also after a restart of the daemon.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import { resultOf } from "#durable/operation/record";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { guestKey, guestTarget } from "../guest/record.ts";
import type { defineSuspend } from "../guest/suspend.ts";
import type { Desktops } from "./desktops.ts";
import type { Known } from "./known.ts";
import { policyOf } from "./my-desktops.ts";
import { isConnected } from "./pools.ts";
import type { Marked } from "./plan.ts";
import { desktopKey, desktopTarget, type DesktopRecord, type PoolRecord } from "./record.ts";
import { rollingOut } from "./roll-out.ts";
import { nextStep, usingOf, type Due } from "./rules.ts";
import type { DesktopUse } from "./use.ts";

export interface KeepRulesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<OperationEngine, "start" | "holderOf">;
  readonly known: Known;
  readonly use: DesktopUse;
  readonly desktops: Pick<Desktops, "announce" | "end">;
  readonly suspend: ReturnType<typeof defineSuspend>;
  /** Has it recorded, or not any more, whatever was so when its viewers came. */
  readonly keepRecorded: (guest: string, desktop: string, wanted: boolean) => Promise<void>;
  readonly isRecorded: (guest: string) => boolean;
}

const lookEvery = 1_000;
/** Milliseconds until what failed is tried again. */
const pause = 10_000;
/** Milliseconds after the daemon's start, or after the guest came from another host, in which whoever watched before comes back by himself. */
const grace = 20_000;

export class KeepRules {
  readonly #parts: KeepRulesParts;
  readonly #stop = new AbortController();
  readonly #busy = new Set<string>();
  /** When each guest was first seen here. */
  #seen = new Map<string, number>();

  constructor(parts: KeepRulesParts) {
    this.#parts = parts;
  }

  open(): void {
    const { use } = this.#parts;
    const forget = use.onChange((guest, { shadow }) => void (!shadow && this.#note(guest)));
    this.#stop.signal.addEventListener("abort", forget, { once: true });
    void this.#look();
  }

  close(): void {
    this.#stop.abort();
  }

  async #look(): Promise<void> {
    const { clock, known } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        this.#see();
        for (const guest of known.guests.values()) this.#lookAt(guest);
        for (const { id, announced } of rollingOut(known, clock.now()))
          this.#once(id, () => this.#parts.desktops.announce(id, announced));
      } catch (error) {
        this.#parts.log.warn({ err: error }, "the rules of desktops could not be looked at");
      }
      await clock.sleep(lookEvery, signal).catch(() => undefined);
    }
  }

  #see(): void {
    const now = this.#parts.clock.now();
    this.#seen = new Map([...this.#parts.known.guests.keys()].map((id) => [id, this.#seen.get(id) ?? now]));
  }

  #lookAt(guest: Marked): void {
    const { known, use, clock } = this.#parts;
    const id = guest.desktop.desktop;
    const desktop = id === undefined ? undefined : known.desktops.get(id);
    const pool = desktop && known.pools.get(desktop.pool);
    if (!desktop || !pool || desktop.ending) return;
    const now = clock.now();
    this.#keepRecorded(desktop, guest.id, policyOf(pool).record === true);
    const watched = this.#isWatched(guest.id);
    if (watched !== isConnected(desktop)) {
      // Who was watched when it was seen first may have nobody by now; of others it could not be written down.
      if (watched || now - (this.#seen.get(guest.id) ?? now) > grace) this.#note(guest.id);
      if (!watched) return;
    }
    const came = Date.parse(desktop.connectedAt ?? desktop.createdAt);
    const lastInput = Math.max(came, use.lastInput(guest.id) ?? 0);
    const using = { watched, lastInput, ...usingOf(pool, desktop, guest, now) };
    const step = nextStep(pool, desktop, using, now);
    if (step.kind === "nothing") return;
    this.#once(desktop.id, async () => {
      if (step.kind === "do") await this.#do(step.due, desktop, pool);
      else
        await this.#parts.desktops.announce(
          desktop.id,
          step.kind === "announce" ? step.announced : undefined,
        );
    });
  }

  #keepRecorded({ id }: DesktopRecord, guest: string, wanted: boolean): void {
    const { use, keepRecorded, isRecorded } = this.#parts;
    if (use.of(guest).length === 0 || isRecorded(guest) === wanted) return;
    this.#once(`recording of ${id}`, () => keepRecorded(guest, id, wanted));
  }

  #isWatched(guest: string): boolean {
    return this.#parts.use.of(guest).some(({ shadow }) => !shadow);
  }

  async #do({ what, why }: Due, { id, guest = "", project }: DesktopRecord, pool: PoolRecord): Promise<void> {
    const { use, desktops, engine, suspend } = this.#parts;
    switch (what) {
      case "disconnect":
        await desktops.announce(id, undefined);
        return use.end(guest, ({ shadow }) => !shadow, new LodgeError("desktop.idle", { pool: pool.title }));
      case "suspend": {
        const started = await engine.start(suspend, { guest }, { targets: [guestTarget(guest)], project });
        return resultOf(suspend, await started.completion);
      }
      case "sign-off":
        // An assigned guest that is just shut down has still something to end.
        if (engine.holderOf(desktopTarget(id)) === undefined) await desktops.end(id, why);
    }
  }

  /** Writes down that somebody watches it, or nobody does any more. */
  #note(guest: string): void {
    const { known, log } = this.#parts;
    const id = known.guests.get(guest)?.desktop.desktop;
    if (id === undefined) return;
    this.#write(id, guest, this.#isWatched(guest)).catch((error: unknown) => {
      // It is tried again in a second.
      const level = hasCode(error, "store.unavailable") ? "debug" : "warn";
      log[level]({ err: error, desktop: id }, "who watches is not noted");
    });
  }

  async #write(id: string, guest: string, watched: boolean): Promise<void> {
    const { store, clock } = this.#parts;
    const now = new Date(clock.now()).toISOString();
    // Who goes because it went to another host comes to it there.
    if (!watched && !(await store.get(guestKey(guest)))) return;
    await update<DesktopRecord>(store, desktopKey(id), (record) => {
      if (!record || isConnected(record) === watched) return record;
      return { ...record, ...(watched ? { connectedAt: now } : { disconnectedAt: now }) };
    });
  }

  #once(id: string, work: () => Promise<unknown>): void {
    if (this.#busy.has(id)) return;
    this.#busy.add(id);
    const { log, clock } = this.#parts;
    void work()
      .catch((error: unknown) => {
        if (hasCode(error, "desktop.not_found", "api.stopping", "guest.wrong_state")) return;
        log.warn({ err: error, desktop: id }, "a desktop's rule was not kept yet");
        return clock.sleep(pause, this.#stop.signal).catch(() => undefined);
      })
      .finally(() => this.#busy.delete(id));
  }
}
