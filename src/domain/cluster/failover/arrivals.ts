/**
 * Guests that were taken over for this host by another one, which wrote their records and no more: makes up what they need here, and
 * starts them. Also this host's own ones that its fence has ended, once it has its place again.
 *
 *   arrived ──► layers by their paths here, links to where they lie ──► marked to come back ──► started, some at a time
 *
 * The marks are in the records: where the daemon ends meanwhile, the next one goes on (bring-back.ts).
 */
import { mkdir } from "node:fs/promises";
import { asLodgeError, type Problem } from "#contract/errors";
import { Semaphore } from "#base/queue";
import type { OperationEngine } from "#durable/operation/engine";
import type { Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import { put, update } from "#durable/store/update";
import type { Fleet } from "../../guest/fleet.ts";
import { guestPlace } from "../../guest/place.ts";
import {
  guestKey,
  guestPrefix,
  guestTarget,
  listGuests,
  writtenLayers,
  type GuestRecord,
} from "../../guest/record.ts";
import { heldLayers, snapshotsOf } from "../../guest/snapshot/record.ts";
import type { defineStart } from "../../guest/start.ts";
import { hasProcess } from "../../guest/state.ts";
import { standHere } from "../../guest/migrate/unpack.ts";
import { imageById } from "../../image/record.ts";
import { chainOf, layerById, layerKey, layerPath, type Layer } from "../../volume/layer.ts";
import { defaultPool } from "#contract/schema/pool";
import { isHeldElsewhere } from "../../volume/held-by.ts";
import { findPool, listPools, placed, poolOf } from "../../volume/pool.ts";
import { leadTo } from "../../volume/stored.ts";
import { inOrder } from "./order.ts";

/** When this host had its place again after it had lost it. */
const backKey = "host/back";

export interface ArrivalsParts {
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "start">;
  readonly start: ReturnType<typeof defineStart>;
  /** How many are started at once: a host on which all of another's begin together has none that begins soon. */
  readonly atOnce: number;
}

export class Arrivals {
  readonly #parts: ArrivalsParts;
  readonly #places: Semaphore;
  readonly #closed = new AbortController();
  readonly #starting = new Set<string>();

  constructor(parts: ArrivalsParts) {
    this.#parts = parts;
    this.#places = new Semaphore(parts.atOnce);
  }

  /** Resolves once those are made up that came before: whoever brings marked guests back does so after it. */
  async open(): Promise<void> {
    const { store } = this.#parts.fleet.parts;
    for (const record of await listGuests(store))
      if (record.arrived)
        await this.#makeUp(record).catch((error: unknown) => this.#failed(record, asLodgeError(error)));
    const hear = (told: Followed) => this.#hear(told);
    const missed = "guests that come here from lost hosts are looked for again";
    void keepUp(this.#parts.fleet.parts, { prefix: guestPrefix, hear, missed }, this.#closed.signal);
  }

  close(): void {
    this.#closed.abort();
  }

  /**
   * The host has its place again: what its fence has ended meanwhile begins once more. Where its guests were taken over meanwhile, this
   * daemon may change nothing any more: it finds that out now, and not by what somebody asks of it later.
   *
   * @throws LodgeError store.fenced
   */
  async again(): Promise<void> {
    const { fleet } = this.#parts;
    await put(fleet.parts.store, backKey, { at: fleet.now() });
    const ended = (await listGuests(fleet.parts.store)).filter(
      ({ id, ha, state }) => ha && !fleet.get(id) && (state === "crashed" || hasProcess(state)),
    );
    const stateReason = "this host had lost its place in the cluster";
    for (const { id } of inOrder(ended)) {
      const record = await update<GuestRecord>(fleet.parts.store, guestKey(id), (now) => {
        if (!now || fleet.get(id) || now.state === "starting") return now;
        const { process: _, ...rest } = now;
        return { ...rest, state: "crashed", stateSince: fleet.now(), stateReason, comesBack: "running" };
      });
      if (record?.comesBack) void this.#start(record);
    }
  }

  async #hear(told: Followed): Promise<void> {
    const values = told.type === "all" ? told.items : told.events;
    const arrived = values.map(({ value }) => value as GuestRecord | undefined).filter((one) => one?.arrived);
    for (const record of inOrder(arrived as GuestRecord[])) await this.#receive(record);
  }

  async #receive(record: GuestRecord): Promise<void> {
    try {
      await this.#makeUp(record);
      void this.#start(record);
    } catch (error) {
      this.#failed(record, asLodgeError(error));
    }
  }

  async #start({ id }: GuestRecord): Promise<void> {
    if (this.#starting.has(id)) return;
    this.#starting.add(id);
    const { fleet, engine, start } = this.#parts;
    try {
      await this.#places.run(async () => {
        const record = (await fleet.parts.store.get(guestKey(id)))?.value as GuestRecord | undefined;
        if (this.#closed.signal.aborted || !record?.comesBack || fleet.get(id)) return;
        try {
          const target = { targets: [guestTarget(id)], project: record.project };
          const { completion } = await engine.start(start, { guest: id }, target);
          const { status, error } = await completion;
          if (status !== "succeeded") return this.#failed(record, error ?? { message: status });
          fleet.parts.events.append({ kind: "guest.back", guest: record, message: `${record.name} is back` });
        } catch (error) {
          this.#failed(record, asLodgeError(error));
        }
      });
    } finally {
      this.#starting.delete(id);
    }
  }

  #failed(record: GuestRecord, { message }: Pick<Problem, "message">): void {
    this.#parts.fleet.parts.events.append({
      kind: "guest.not_back",
      guest: record,
      message: `${record.name} is not back: ${message}`,
    });
  }

  async #makeUp(record: GuestRecord): Promise<void> {
    const { store, places } = this.#parts.fleet.parts;
    await mkdir(guestPlace(places, record.id).folder, { recursive: true, mode: 0o700 });
    const snapshots = await snapshotsOf(store, record.id);
    const tops = [writtenLayers(record), ...snapshots.map(heldLayers)].flatMap((held) => Object.values(held));
    let image: string | undefined;
    for (const top of new Set(tops)) {
      const chain = await chainOf(store, top);
      image ??= chain.at(-1)?.image;
      for (const layer of chain) await this.#makeUpLayer(layer, chain);
      // What others' guests stand on, too, stays as it is.
      for (const { id, elsewhere } of chain)
        if (!elsewhere || !(await isHeldElsewhere(store, layerKey(id))))
          await standHere(this.#parts.fleet.parts, await layerById(store, id));
    }
    const { kernel } = record;
    const own = kernel && image !== undefined ? (await imageById(store, image)).image.directBoot : undefined;
    await update<GuestRecord>(store, guestKey(record.id), (now) => {
      if (!now?.arrived) return now;
      const { arrived: _, ...rest } = now;
      return { ...rest, ...(own ? { kernel: own } : {}) };
    });
  }

  /** By its path on this host, which may have its home elsewhere, and as a link to where its pool has it. */
  async #makeUpLayer(layer: Layer, chain: readonly Layer[]): Promise<void> {
    const { store, places } = this.#parts.fleet.parts;
    const path = layerPath(places.layers, layer.id, layer.format);
    if (layer.path !== path) await update<Layer>(store, layerKey(layer.id), (now) => now && { ...now, path });
    const kinds = new Map((await listPools(store, places.layers)).map(({ name, kind }) => [name, kind]));
    const name = poolOf(layer, new Map(chain.map((each) => [each.id, each])), kinds);
    if (name === defaultPool) return;
    const { at } = placed(await findPool(store, places.layers, name), layer.id, layer.format).place;
    if (at !== undefined) await leadTo(path, at);
  }
}
