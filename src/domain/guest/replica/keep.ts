/**
 * Keeps the replicas of this host's guests: one connection of each after another, as long as it has one and runs.
 *
 *   session ──► cut ──► at once again ──► … for two seconds ──► behind, in its record ──► again, with pauses
 *
 * QEMU holds a guest's writes for longer than that where its connection is gone (replicate.ts), and longer than until this host's fence
 * has acted where it is cut off from the store as well: the guest hears of no write that whoever reads its record would miss.
 */
import { asLodgeError, hasCode } from "#contract/errors";
import type { Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import { endMirroring } from "#hypervisor/qemu/replicate";
import type { Fleet } from "../fleet.ts";
import type { LiveGuest } from "../live.ts";
import { guestPlace } from "../place.ts";
import { guestKey, guestPrefix, listGuests, writtenLayers, type GuestRecord } from "../record.ts";
import { hasProcess } from "../state.ts";
import { changeReplica, type Told } from "./change.ts";
import { Gate } from "./gate.ts";
import type { CopyHosts } from "./hosts.ts";
import { fellBehind, sameLayers } from "./record.ts";
import { grace, session } from "./session.ts";

export interface KeepParts {
  readonly fleet: Fleet;
  readonly hosts: CopyHosts;
  /** Is something about this guest under way? */
  readonly isBusy: (guest: string) => boolean;
}

/** Milliseconds. */
const pauses = { first: 500, longest: 10_000, idle: 500, again: 100, store: 250 } as const;

const cuts = [
  "replica.cut",
  "cluster.host_unreachable",
  "cluster.tunnel_refused",
  "store.unavailable",
] as const;

export class ReplicaKeeper {
  readonly #parts: KeepParts;
  readonly #closed = new AbortController();
  readonly #kept = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  readonly told: Told;

  constructor(parts: KeepParts) {
    this.#parts = parts;
    const { events } = parts.fleet.parts;
    this.told = (guest, { state, host, reason }) =>
      events.append({
        kind: "guest.replica",
        guest,
        message:
          state === "in-sync"
            ? `The replica of ${guest.name} on ${host} is in sync`
            : `The replica of ${guest.name} on ${host} is ${state}${reason === undefined ? "" : `: ${reason}`}`,
      });
  }

  /** To be called once guests are adopted. */
  async open(): Promise<void> {
    const { store } = this.#parts.fleet.parts;
    for (const { id, replica, state } of await listGuests(store))
      // How it ended, nobody saw: it may have gone on without.
      if (
        replica?.state === "in-sync" &&
        !this.#parts.fleet.get(id) &&
        (hasProcess(state) || state === "crashed")
      )
        await this.#fallBehind(id, "the guest ended while no daemon ran");
    const hear = (told: Followed) => {
      for (const { value } of told.type === "all" ? told.items : told.events)
        this.#begin(value as GuestRecord | undefined);
    };
    const missed = "guests' replicas are looked for again";
    void keepUp(this.#parts.fleet.parts, { prefix: guestPrefix, hear, missed }, this.#closed.signal);
  }

  /**
   * Lets go of all; the guests go on. What is in sync is said to be behind: without a daemon they may come to write to their own disks
   * alone.
   */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#kept.values()].map(({ done }) => done));
    const { store } = this.#parts.fleet.parts;
    const records = await listGuests(store).catch(() => []);
    for (const { id, replica } of records)
      if (replica?.state === "in-sync" && this.#parts.fleet.get(id))
        await changeReplica(store, id, this.told, (now) =>
          fellBehind(now, this.#parts.fleet.now(), "its host's daemon has ended"),
        ).catch(() => undefined);
  }

  /** Its record says that it has none any more. */
  async drop(record: GuestRecord): Promise<void> {
    const { fleet, hosts } = this.#parts;
    const kept = this.#kept.get(record.id);
    kept?.stop.abort();
    await kept?.done;
    const live = fleet.get(record.id);
    if (live) await endMirroring(live.monitor, disksOf(record));
    if (record.replica)
      await hosts
        .find(record.replica.to)
        .drop(record.id, AbortSignal.timeout(5000))
        .catch(() => undefined);
  }

  #begin(record: GuestRecord | undefined): void {
    if (!record?.replica || this.#kept.has(record.id) || this.#closed.signal.aborted) return;
    const stop = new AbortController();
    const done = this.#keep(record.id, AbortSignal.any([stop.signal, this.#closed.signal]))
      .catch((error: unknown) => {
        if (!this.#closed.signal.aborted && !stop.signal.aborted)
          this.#parts.fleet.parts.log.error(
            { err: error, guest: record.id },
            "a replica is not kept any more",
          );
      })
      .finally(() => this.#kept.delete(record.id));
    this.#kept.set(record.id, { stop, done });
  }

  async #keep(id: string, signal: AbortSignal): Promise<void> {
    const { fleet, hosts, isBusy } = this.#parts;
    const { clock, log } = fleet.parts;
    let gate: { readonly of: LiveGuest; readonly gate: Gate } | undefined;
    let to: string | undefined;
    let lostAt: number | undefined;
    let pause: number = pauses.first;
    try {
      while (!signal.aborted) {
        const record = await this.#read(id, signal);
        if (!record?.replica) return await this.#letGo(id, to);
        to = record.replica.to;
        const live = fleet.get(id);
        if (gate && gate.of !== live) {
          await gate.gate[Symbol.asyncDispose]();
          gate = undefined;
        }
        if (!live || isBusy(id) || !["running", "paused"].includes(record.state)) {
          await this.#compare(record);
          await clock.sleep(pauses.idle, signal);
          continue;
        }
        gate ??= { of: live, gate: await Gate.open(guestPlace(fleet.parts.places, id).replica) };
        const began = performance.now();
        try {
          const far = hosts.find(record.replica.to);
          await session({ fleet, far, gate: gate.gate, live, told: this.told }, id, signal);
        } catch (error) {
          if (signal.aborted) return;
          // It ended: whatever it has been told is done is at both ends.
          if (fleet.get(id) !== live) continue;
          const now = (await this.#read(id, signal))?.replica;
          if (now?.state === "in-sync" && hasCode(error, ...cuts)) {
            if (lostAt === undefined || performance.now() - began > grace) lostAt = performance.now();
            if (performance.now() - lostAt < grace) {
              await clock.sleep(pauses.again, signal);
              continue;
            }
          }
          if (now?.state === "in-sync") pause = pauses.first;
          log.info({ err: error, guest: id }, "a replica is behind");
          await this.#fallBehind(id, inWords(error));
          lostAt = undefined;
          await clock.sleep(pause, signal);
          pause = Math.min(2 * pause, pauses.longest);
        }
      }
    } finally {
      await gate?.gate[Symbol.asyncDispose]();
    }
  }

  /** It was removed, or moved, or is kept no more. That host looks which, and looks again when it begins (copies.ts). */
  async #letGo(id: string, to: string | undefined): Promise<void> {
    if (to === undefined) return;
    const call = async () => this.#parts.hosts.find(to).drop(id, AbortSignal.timeout(5000));
    await call().catch(() => undefined);
  }

  /** One at rest whose disks are others. */
  async #compare(record: GuestRecord): Promise<void> {
    const { replica } = record;
    if (replica?.state === "in-sync" && !sameLayers(replica.source, writtenLayers(record)))
      await this.#fallBehind(record.id, "its disks are others now");
  }

  async #read(id: string, signal: AbortSignal): Promise<GuestRecord | undefined> {
    const { store } = this.#parts.fleet.parts;
    return this.#patiently(
      async () => (await store.get(guestKey(id)))?.value as GuestRecord | undefined,
      signal,
    );
  }

  async #fallBehind(id: string, reason: string): Promise<void> {
    const { fleet } = this.#parts;
    await this.#patiently(
      () => changeReplica(fleet.parts.store, id, this.told, (now) => fellBehind(now, fleet.now(), reason)),
      this.#closed.signal,
    );
  }

  /** Without the store nothing is done: where it is not there for long, the fence ends what is highly available. */
  async #patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!hasCode(error, "store.unavailable")) throw error;
        await this.#parts.fleet.parts.clock.sleep(pauses.store, signal);
      }
    }
  }
}

const disksOf = ({ disks }: GuestRecord): string[] => disks.map(({ id }) => id);

function inWords(error: unknown): string {
  const words = hasCode(error, "replica.behind")
    ? String(error.params["reason"])
    : asLodgeError(error).message;
  const text = words.replace(/\.$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}
