/** Pools, as the API offers them. */
import { mkdir } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { defaultPool, type Pool, type PoolCreate, type PoolUpdate } from "#contract/schema/pool";
import type { Clock } from "#base/clock";
import type { SealKey } from "#durable/store/seal";
import type { Store, Transaction } from "#durable/store/store";
import { update } from "#durable/store/update";
import { PoolTrouble } from "#hypervisor/disk/pool/driver";
import type { PoolSpace } from "#hypervisor/disk/pool/driver";
import { layerPrefix, type Layer } from "./layer.ts";
import {
  asking,
  driverOf,
  findPool,
  isBareKind,
  listPools,
  poolKey,
  poolOf,
  poolTurnKey,
  promise,
  unusable,
  type Occupant,
  type PoolRecord,
  type RbdPart,
} from "./pool.ts";
import { knowPool, leavePools, rbdFolder, sealRbd, unknowPool } from "./rbd-pool.ts";
import { storedAt } from "./stored.ts";

export interface PoolsParts {
  readonly store: Store;
  /** That others' are sealed with. */
  readonly key: SealKey;
  readonly clock: Clock;
  readonly home: string;
  /** The folder of layers. */
  readonly folder: string;
  /** All disks and volumes. */
  readonly occupants: () => Promise<readonly Occupant[]>;
}

type Health =
  | { readonly state: "ready"; readonly space: PoolSpace }
  | { readonly state: "unusable"; readonly reason: string };

/** Milliseconds for which what was found out of a pool is believed. */
const believed = 5000;

/** Folders that hold no files, or the system itself. */
const notForFiles = ["/", "/proc", "/sys", "/dev", "/run", "/boot", "/etc"];

export class Pools {
  readonly #parts: PoolsParts;
  readonly #known = new Map<string, { readonly until: number; readonly health: Promise<Health> }>();

  constructor(parts: PoolsParts) {
    this.#parts = parts;
  }

  async list(): Promise<Pool[]> {
    const { store, folder } = this.#parts;
    const records = await listPools(store, folder);
    const contents = await this.#contents(records);
    return Promise.all(records.map((record) => this.#shown(record, contents.get(record.name)!)));
  }

  /** Looks at it anew. @throws LodgeError pool.not_found */
  async get(name: string): Promise<Pool> {
    const { store, folder } = this.#parts;
    const record = await findPool(store, folder, name);
    this.#known.delete(name);
    const contents = await this.#contents([record]);
    return this.#shown(record, contents.get(name)!);
  }

  /** @throws LodgeError pool.name_taken, pool.target_taken, pool.unusable */
  async create(body: PoolCreate): Promise<Pool> {
    const { name, kind, target, description = "", quota } = body;
    const { store, clock, folder, key: seal } = this.#parts;
    if (name === defaultPool) throw new LodgeError("pool.name_taken", { name });
    const createdAt = new Date(clock.now()).toISOString();
    const place = isBareKind(kind) ? target : this.#folder(name, target);
    const rbd = this.#rbd(body);
    const limit = quota === undefined ? {} : { quota };
    const record: PoolRecord = { name, kind, target: place, description, createdAt, ...rbd, ...limit };
    const others = await listPools(store, folder);
    if (others.some((one) => one.name === name)) throw new LodgeError("pool.name_taken", { name });
    const other = others.find((one) => isSamePlace(one, record));
    if (other) throw new LodgeError("pool.target_taken", { target: place, pool: other.name });
    knowPool(record, seal);
    try {
      await asking(name, () => driverOf(record).prepare());
      const key = poolKey(name);
      await store.transact({ compare: [{ key, revision: "absent" }], put: [{ key, value: record }] });
    } catch (error) {
      await unknowPool(record, store, folder, seal);
      if (!hasCode(error, "store.conflict")) throw error;
      throw new LodgeError("pool.name_taken", { name }, { cause: error });
    }
    return this.get(name);
  }

  /** @throws LodgeError pool.rbd_incomplete */
  #rbd({ name, kind, monitors, user, key: secret }: PoolCreate): { readonly rbd?: RbdPart } {
    const given = [monitors, user, secret].filter((one) => one !== undefined);
    if (kind !== "rbd") {
      if (given.length > 0) throw new LodgeError("pool.rbd_alone", { kind });
      return {};
    }
    if (monitors === undefined || user === undefined || secret === undefined)
      throw new LodgeError("pool.rbd_incomplete");
    const { folder, key } = this.#parts;
    return {
      rbd: { monitors, user, secret: sealRbd(key, name, secret), folder: rbdFolder(folder, name) },
    };
  }

  #folder(pool: string, target: string): string {
    if (!isAbsolute(target)) throw unusable(pool, "its path does not begin with a slash");
    const path = resolve(target);
    const below = relative(this.#parts.home, path);
    if (below === "" || !below.startsWith("..")) throw unusable(pool, "it is in Lodge's own home");
    if (notForFiles.some((one) => path === one || (one !== "/" && path.startsWith(`${one}/`))))
      throw unusable(pool, "that is a folder of the system's");
    return path;
  }

  /** @throws LodgeError pool.not_found */
  async update(name: string, { description, quota, monitors, user, key: secret }: PoolUpdate): Promise<Pool> {
    const { store, folder, key } = this.#parts;
    const untold = await findPool(store, folder, name);
    const { kind } = untold;
    const changed = {
      ...(monitors === undefined ? {} : { monitors }),
      ...(user === undefined ? {} : { user }),
      ...(secret === undefined ? {} : { secret: sealRbd(key, name, secret) }),
    };
    if (kind !== "rbd" && Object.keys(changed).length > 0) throw new LodgeError("pool.rbd_alone", { kind });
    const record = await update<PoolRecord>(store, poolKey(name), (now) => {
      if (!now && name !== defaultPool) return now;
      const { quota: before, rbd, ...rest } = now ?? untold;
      const limit = quota === undefined ? before : (quota ?? undefined);
      return {
        ...rest,
        ...(rbd ? { rbd: { ...rbd, ...changed } } : {}),
        ...(description === undefined ? {} : { description }),
        ...(limit === undefined ? {} : { quota: limit }),
      };
    });
    if (record) knowPool(record, key);
    return this.get(name);
  }

  /** What is in it by accident stays there: only the record goes. @throws LodgeError pool.in_use */
  async remove(name: string): Promise<Pool> {
    const { store, folder } = this.#parts;
    if (name === defaultPool) throw new LodgeError("pool.default");
    const shown = await this.get(name);
    for (;;) {
      const record = await findPool(store, folder, name);
      const [item, turn] = await Promise.all([store.get(poolKey(name)), store.get(poolTurnKey(name))]);
      const { occupants, layers } = (await this.#contents([record])).get(name)!;
      if (layers.length > 0 || occupants.length > 0) throw this.#held(name, occupants, layers.length);
      try {
        await store.transact({
          compare: [
            { key: poolKey(name), revision: item?.revision ?? "absent" },
            { key: poolTurnKey(name), revision: turn?.revision ?? "absent" },
          ],
          delete: [poolKey(name), poolTurnKey(name)],
        });
        this.#known.delete(name);
        await leavePools([record]);
        return shown;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  #held(pool: string, occupants: readonly Occupant[], layers: number): LodgeError {
    const names = occupants.slice(0, 5).map(({ name }) => name);
    const more = occupants.length > 5 ? ` and ${occupants.length - 5} more` : "";
    const held = names.length > 0 ? names.join(", ") + more : `${layers} files that snapshots need`;
    return new LodgeError("pool.in_use", { pool, held });
  }

  /** Part of the transaction that promises so many bytes more. @throws LodgeError pool.not_found, pool.quota */
  promise(name: string, bytes: number): Promise<Required<Pick<Transaction, "compare" | "put">>> {
    const { store, folder } = this.#parts;
    return promise(store, folder, name, bytes, async () => {
      const record = await findPool(store, folder, name);
      return total((await this.#contents([record])).get(name)!.occupants);
    });
  }

  async #contents(records: readonly PoolRecord[]) {
    const { store, folder } = this.#parts;
    const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
    const byId = new Map(layers.map((layer) => [layer.id, layer]));
    const kinds = new Map((await listPools(store, folder)).map(({ name, kind }) => [name, kind]));
    const found = new Map(
      records.map(({ name }) => [name, { occupants: [] as Occupant[], layers: [] as Layer[] }]),
    );
    for (const layer of layers) found.get(poolOf(layer, byId, kinds))?.layers.push(layer);
    for (const one of await this.#parts.occupants()) {
      const layer = byId.get(one.layer);
      const pool = one.pool ?? (layer ? poolOf(layer, byId, kinds) : defaultPool);
      found.get(pool)?.occupants.push(one);
    }
    return found;
  }

  async #shown(
    record: PoolRecord,
    { occupants, layers }: { readonly occupants: readonly Occupant[]; readonly layers: readonly Layer[] },
  ): Promise<Pool> {
    const health = await this.#health(record);
    const space = health.state === "ready" ? health.space : { size: 0, free: 0, reflink: false };
    const { rbd, ...told } = record;
    return {
      ...told,
      ...(rbd ? { monitors: [...rbd.monitors], user: rbd.user } : {}),
      state: health.state,
      ...(health.state === "unusable" ? { reason: health.reason } : {}),
      ...space,
      promised: total(occupants),
      used: health.state === "ready" ? await this.#used(record, layers) : 0,
      volumes: occupants.length,
    };
  }

  #health(record: PoolRecord): Promise<Health> {
    const now = this.#parts.clock.monotonic();
    const known = this.#known.get(record.name);
    if (known && known.until > now) return known.health;
    const health = look(record);
    this.#known.set(record.name, { until: now + believed, health });
    return health;
  }

  async #used(record: PoolRecord, layers: readonly Layer[]): Promise<number> {
    const stored = await Promise.all(
      layers.map(async ({ path, format }) => ({ path: (await storedAt(path)) ?? path, format })),
    );
    const each = await driverOf(record)
      .used(stored)
      .catch(() => []);
    return each.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** Pools of two clusters may have one name. */
const isSamePlace = (one: PoolRecord, other: PoolRecord): boolean =>
  one.target === other.target &&
  (one.kind === "rbd") === (other.kind === "rbd") &&
  (!one.rbd || one.rbd.monitors.some((monitor) => other.rbd?.monitors.includes(monitor)));

async function look(record: PoolRecord): Promise<Health> {
  try {
    const driver = driverOf(record);
    // The default one's folder is else made with the first layer.
    if (record.name === defaultPool) await mkdir(record.target, { recursive: true });
    await driver.check();
    return { state: "ready", space: await driver.space() };
  } catch (error) {
    if (error instanceof PoolTrouble) return { state: "unusable", reason: error.message };
    throw error;
  }
}

const total = (occupants: readonly Occupant[]): number => occupants.reduce((sum, { size }) => sum + size, 0);
