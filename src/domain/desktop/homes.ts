/**
 * Homes, as desktops have them:
 *
 *   take ──► hold ──► make (the first time) ──► bring (from another host) ──► grow ──► attach ──► mount
 *   release ──► unmount ┄► (the guest is removed) ┄► let go
 *
 * Nothing of it is undone: each step finds what is done already, and whoever was killed in between takes again. Until it is
 * mounted, what its user does on his desktop would be lost with that, so the desktop does not hear him (see `hands`).
 */
import { asLodgeError, hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { defaultPool } from "#contract/schema/pool";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import { locate } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { Fleet } from "../guest/fleet.ts";
import { diskSerial, guestById, type GuestRecord } from "../guest/record.ts";
import type { AsHome, Volumes } from "../guest/volume/volumes.ts";
import { volumeById, volumeKey, type VolumeRecord } from "../volume/record.ts";
import {
  findHomeVolume,
  placeOfGuest,
  homeItem,
  homeKey,
  letGoOfHome,
  takeHome,
  type HomeItem,
  type HomeRecord,
} from "./home.ts";
import { mountHome, unmountHome } from "./home-mount.ts";

/** A desktop, as far as homes are concerned. */
export interface HomeDesktop {
  readonly id: string;
  /** The pool's id. */
  readonly pool: string;
  readonly user: string;
  readonly userName: string;
  readonly guest?: string;
}

/** One that has its guest. */
type Given = HomeDesktop & { readonly guest: string };

/** What a pool says of its homes. */
export interface HomeTerms {
  readonly name: string;
  readonly project: string;
  /** Bytes. */
  readonly homeSize?: number;
  /** The storage pool. */
  readonly homePool?: string;
}

export interface HomesParts {
  /** This host's records, and what all share. */
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "wait">;
  readonly volumes: Pick<Volumes, "create" | "resize" | "attach" | "remove">;
  /** Whether what somebody does at a guest's display gets to it. */
  readonly hands: { hold(guest: string): void; free(guest: string): void };
  /** Gets a home's volume from another host to this one. */
  readonly bring?: ((home: HomeRecord, project: string) => Promise<void>) | undefined;
  /** Ends a guest of a lost host for good, where that is certain; false: its host is not lost. */
  readonly lost?: ((host: string, guest: string) => Promise<boolean>) | undefined;
  /** Told when what becomes of a desktop's home is another. */
  readonly onChange?: ((desktop: string) => void) | undefined;
}

/** Milliseconds between looks at what others do. */
const pause = 250;

/** Milliseconds that the desktop which its user had before may take to end. */
const heldPatience = 60_000;

/** What becomes of a home: it is coming, or there, or why it is not. */
export type HomeState = "coming" | "there" | LodgeError;

/** By which a guest's QEMU is another one: what is mounted ends with it. */
const lifeOf = ({ process }: GuestRecord): string => `${process?.pid} ${process?.startTime}`;

export class Homes {
  readonly #parts: HomesParts;
  readonly #closed = new AbortController();
  /** Of desktops of this host, by their ids. */
  readonly #taking = new Map<string, { readonly done: Promise<void>; readonly stop: AbortController }>();
  readonly #states = new Map<string, HomeState>();
  /** In which life of its guest each was mounted. */
  readonly #mounted = new Map<string, string>();

  constructor(parts: HomesParts) {
    this.#parts = parts;
  }

  close(): void {
    this.#closed.abort(new LodgeError("api.stopping"));
  }

  /** Undefined: it has none, or nobody has asked for it since this daemon began. */
  stateOf(desktop: string): HomeState | undefined {
    return this.#states.get(desktop);
  }

  /**
   * Has the desktop's guest, which runs, have the user's home. From this call on until it is mounted nobody's hands get to the
   * guest. Idempotent; also for a guest that was started anew.
   *
   * @throws LodgeError desktop.home_held, desktop.home_away, desktop.not_ready, what making a volume throws
   */
  async take(desktop: HomeDesktop, pool: HomeTerms): Promise<void> {
    const { store, hands } = this.#parts;
    const { id, guest } = desktop;
    if (guest === undefined) throw new TypeError("a desktop without a guest has no home");
    const under = this.#taking.get(id);
    if (under) return under.done;
    // Held before anything is waited for: whoever asks for a ticket next is let in with his hands bound.
    const known = this.#mounted.get(id);
    if (known === undefined) hands.hold(guest);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#closed.signal]);
    const done = (async () => {
      const life = lifeOf(await guestById(store, guest));
      if (known === life) return;
      hands.hold(guest);
      await this.#take({ ...desktop, guest }, pool, signal);
      this.#mounted.set(id, life);
    })().finally(() => this.#taking.delete(id));
    this.#taking.set(id, { done, stop });
    return done;
  }

  async #take(desktop: Given, pool: HomeTerms, signal: AbortSignal): Promise<void> {
    const { hands } = this.#parts;
    this.#become(desktop.id, "coming");
    try {
      await this.#attach(desktop, pool, signal);
      await this.#mount(desktop, signal);
      signal.throwIfAborted();
      hands.free(desktop.guest);
      this.#become(desktop.id, "there");
    } catch (error) {
      signal.throwIfAborted();
      this.#become(desktop.id, asLodgeError(error));
      throw error;
    }
  }

  #become(desktop: string, state: HomeState): void {
    this.#states.set(desktop, state);
    this.#parts.onChange?.(desktop);
  }

  #forget(desktop: string): void {
    this.#states.delete(desktop);
    this.#mounted.delete(desktop);
  }

  async #attach(
    desktop: Given,
    { name, project, homeSize = 0, homePool = defaultPool }: HomeTerms,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, volumes } = this.#parts;
    const home = await this.#hold(desktop, signal);
    const { volume: id, pool, user } = home.value;
    const as: AsHome = { id, home: { pool, user } };
    if (!(await this.#made(id, signal))) {
      const description = `Home of ${desktop.userName} on desktops of ${name}`;
      const wish = { name: `home-${pool}-${user}`, size: homeSize, pool: homePool, description };
      await this.#ended(volumes.create(wish, project, as), signal);
    }
    await this.#bring(home.value, project, signal);
    const volume = await volumeById(store, id);
    if (volume.place.kind === "guest" && volume.place.guest === desktop.guest) return;
    if (volume.size < homeSize) await this.#ended(volumes.resize(id, { size: homeSize }, as), signal);
    await this.#ended(volumes.attach(id, { guest: desktop.guest, bus: "virtio-scsi" }, as), signal);
  }

  /** The one that he had before may be just ending: a reset gives him the next one at once. */
  async #hold(desktop: Given, signal: AbortSignal): Promise<HomeItem> {
    const { store, clock } = this.#parts;
    const holder = { desktop: desktop.id, guest: desktop.guest };
    const end = clock.monotonic() + heldPatience;
    for (;;) {
      try {
        return await takeHome(store, desktop, holder, new Date(clock.now()).toISOString());
      } catch (error) {
        if (!hasCode(error, "desktop.home_held")) throw error;
        if (await this.freeOfLost(desktop)) continue;
        if (clock.monotonic() >= end) throw error;
      }
      await clock.sleep(pause, signal);
    }
  }

  /** Is it there? One that is being made is waited for. */
  async #made(volume: string, signal: AbortSignal): Promise<boolean> {
    const { store, clock } = this.#parts;
    for (;;) {
      const found = await findHomeVolume(store, volume);
      if (found?.value.place.kind !== "making") return found !== undefined;
      await clock.sleep(pause, signal);
    }
  }

  /** Here, where the guest is. */
  async #bring(home: HomeRecord, project: string, signal: AbortSignal): Promise<void> {
    const { store, bring } = this.#parts;
    const volume = await findHomeVolume(store, home.volume);
    if (!volume || !bring || (await store.get(locate(volume.key).key))) return;
    // Given up, it comes to nothing by itself: its holder is another by then.
    await Promise.race([bring(home, project), aborted(signal)]);
  }

  async #mount({ guest, pool, user }: Given, signal: AbortSignal): Promise<void> {
    const { store, fleet } = this.#parts;
    const record = await guestById(store, guest);
    const volume = (await homeItem(store, { pool, user }))?.value.volume;
    const disk = record.disks.find((one) => one.volume === volume);
    if (!disk) throw new LodgeError("desktop.not_ready", { reason: "its home is not with it" });
    const serial = diskSerial(guest, disk.id);
    const live = fleet.require(guest);
    await mountHome(live.inside, { serial, user: userOf(record) }, signal);
  }

  /**
   * Before a desktop's guest is removed: what was written is on the home's disk when this resolves, as far as the guest
   * answers. Nobody's hands get to it from then on. Idempotent.
   */
  async release({ id, guest, pool, user }: HomeDesktop): Promise<void> {
    const { store, fleet, hands, log } = this.#parts;
    const taking = this.#taking.get(id);
    taking?.stop.abort(new LodgeError("operation.cancelled"));
    await taking?.done.catch(() => undefined);
    this.#forget(id);
    const live = guest === undefined ? undefined : fleet.get(guest);
    if (!live || guest === undefined) return;
    const home = (await homeItem(store, { pool, user }))?.value;
    if (home?.holder?.guest !== guest) return;
    hands.hold(guest);
    const record = await guestById(store, guest);
    if (record.state !== "running") return;
    const clean = await unmountHome(live.inside, userOf(record), this.#closed.signal);
    if (!clean) log.warn({ guest, home: home.volume }, "a home was not unmounted before its desktop ends");
  }

  /** Once the desktop's guest is removed. Idempotent. @throws LodgeError desktop.home_held */
  async letGo({ id, guest, pool, user }: HomeDesktop): Promise<void> {
    this.#forget(id);
    if (guest !== undefined) this.#parts.hands.free(guest);
    try {
      await letGoOfHome(this.#parts.store, { pool, user }, id);
    } catch (error) {
      if (!hasCode(error, "desktop.home_held") || !(await this.freeOfLost({ pool, user }))) throw error;
      await letGoOfHome(this.#parts.store, { pool, user }, id);
    }
  }

  /** Does a desktop that is lost hold its user's home no more, for certain? @throws LodgeError desktop.home_away */
  async isFreeOf(desktop: Pick<HomeDesktop, "id" | "pool" | "user">): Promise<boolean> {
    const home = await homeItem(this.#parts.store, desktop);
    return home?.value.holder?.desktop !== desktop.id || this.freeOfLost(desktop);
  }

  /**
   * Whoever holds it may have been lost with his host.
   * @returns whether he is no more
   * @throws LodgeError desktop.home_away: it is not certain that he writes no more
   */
  async freeOfLost(owner: Pick<HomeDesktop, "pool" | "user">): Promise<boolean> {
    const { store, lost } = this.#parts;
    const home = await homeItem(store, owner);
    const holder = home?.value.holder;
    const place = holder && lost && (await placeOfGuest(store, holder.guest));
    const host = place === undefined ? undefined : locate(place).host;
    if (!holder || host === undefined) return false;
    try {
      return await lost!(host, holder.guest);
    } catch (error) {
      if (hasCode(error, "store.conflict")) return false;
      if (!hasCode(error, "failover.not_refused")) throw error;
      const { userName: user } = home!.value;
      const of = { user, host: String(error.params["host"]) };
      throw new LodgeError("desktop.home_away", of, { cause: error });
    }
  }

  /**
   * Removes a volume, a home only where no desktop has it: its user finds an empty one the next time.
   * @throws LodgeError desktop.home_held, what Volumes.remove throws
   */
  async removeVolume(volume: string): Promise<Awaited<ReturnType<Volumes["remove"]>>> {
    const { store, volumes } = this.#parts;
    const { id, home } = ((await find(store, volumeKey(volume)))?.value ?? {}) as Partial<VolumeRecord>;
    if (id === undefined || !home) return volumes.remove(volume);
    for (;;) {
      const item = await homeItem(store, home);
      if (item?.value.volume !== id) break;
      if (item.value.holder) {
        await letGoOfHome(store, home, item.value.holder.desktop);
        continue;
      }
      try {
        const compare = [{ key: item.key, revision: item.revision }];
        await store.transact({ compare, delete: [homeKey(home.pool, home.user)] });
        break;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
    return volumes.remove(id, { id, home });
  }

  async #ended(starting: Promise<Operation>, signal: AbortSignal): Promise<void> {
    const { engine } = this.#parts;
    const { id } = await starting;
    const operation = await engine.wait(id, signal);
    if (operation.status === "succeeded") return;
    const { code = "operation.cancelled", params = {}, detail } = operation.error ?? {};
    throw new LodgeError(code as ErrorCode, params, { detail });
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** Who is signed in there. */
const userOf = ({ defaultUser = "debian" }: GuestRecord): string => defaultUser;
