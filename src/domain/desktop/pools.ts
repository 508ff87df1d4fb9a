/** Desktop pools, as the API offers them: what desktops are made of, for whom, and by which rules. */
import { hasCode, LodgeError } from "#contract/errors";
import type { DesktopPool, DesktopPoolCreate, DesktopPoolUpdate } from "#contract/schema/desktop-pool";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { findGuest } from "../guest/record.ts";
import { findImage } from "../image/record.ts";
import { defaultNetwork, networkByName } from "../network/record.ts";
import { stays } from "../project/record.ts";
import { requirePool } from "../volume/pool.ts";
import { flawOf } from "./hours.ts";
import { recordedPolicy } from "./maker.ts";
import {
  desktopPoolKey,
  desktopPoolNameKey,
  listDesktops,
  listPools,
  poolById,
  type DesktopRecord,
  type PoolRecord,
} from "./record.ts";
import { lastAils, type PoolAil } from "./pool-ail.ts";

export interface PoolsParts {
  readonly store: Store;
  readonly whole: ReadStore;
  readonly clock: Clock;
  readonly layers: string;
  /** All guests of desktop pools, on whichever host that answers. */
  readonly guests: () => Promise<readonly Guest[]>;
  readonly onChanged: (pool: string) => void;
}

const defaults = {
  standby: { count: 1 },
  rollOut: { by: "sign-off" },
  rules: {},
  policy: {},
  entitled: {},
  sound: true,
} as const;

/** What desktops are made of: where one of these is another, they are made anew. */
const shape = ["image", "guest", "cpus", "memory", "networks", "sound"] as const;

export class DesktopPools {
  readonly #parts: PoolsParts;

  constructor(parts: PoolsParts) {
    this.#parts = parts;
  }

  async list(): Promise<DesktopPool[]> {
    const { store, clock, guests } = this.#parts;
    const [records, desktops, all, ails] = await Promise.all([
      listPools(store),
      listDesktops(store),
      guests(),
      lastAils(store, clock.now()),
    ]);
    return records
      .map((record) => shown(record, desktops, all, ails.get(record.id)))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @throws LodgeError desktop_pool.not_found */
  async get(id: string): Promise<DesktopPool> {
    const { store, clock, guests } = this.#parts;
    const record = await poolById(store, id);
    const [desktops, all, ails] = await Promise.all([
      listDesktops(store),
      guests(),
      lastAils(store, clock.now()),
    ]);
    return shown(record, desktops, all, ails.get(id));
  }

  /** @throws LodgeError desktop_pool.name_taken, desktop_pool.source, desktop_pool.hours, … */
  async create(body: DesktopPoolCreate, project: string): Promise<DesktopPool> {
    const { store, clock, onChanged } = this.#parts;
    const { name, keeps = "nothing", hours, homeSize, homePool, ...rest } = body;
    if ((body.image === undefined) === (body.guest === undefined))
      throw new LodgeError("desktop_pool.source");
    if (keeps !== "home" && (homeSize !== undefined || homePool !== undefined))
      throw new LodgeError("desktop_pool.home_size", { size: "nothing" });
    const record: PoolRecord = {
      ...defaults,
      ...rest,
      id: newId("dp"),
      name,
      project,
      title: body.title ?? name,
      description: body.description ?? "",
      createdAt: new Date(clock.now()).toISOString(),
      revision: 1,
      keeps,
      ...(hours ? { hours } : {}),
      ...(keeps === "home" ? { homeSize: homeSize ?? 2 ** 30 } : {}),
      ...(homePool === undefined ? {} : { homePool }),
    };
    await this.#requireSound(record);
    const nameKey = desktopPoolNameKey(project, name);
    if (await store.get(nameKey)) throw new LodgeError("desktop_pool.name_taken", { name });
    try {
      await store.transact({
        compare: [...(await stays(store, project)), { key: nameKey, revision: "absent" }],
        put: [
          { key: desktopPoolKey(record.id), value: record },
          { key: nameKey, value: record.id },
        ],
      });
    } catch (error) {
      if (hasCode(error, "store.conflict") && (await store.get(nameKey)))
        throw new LodgeError("desktop_pool.name_taken", { name }, { cause: error });
      throw error;
    }
    onChanged(record.id);
    return this.get(record.id);
  }

  /** @throws LodgeError desktop_pool.not_found, desktop_pool.source, desktop_pool.home_size, … */
  async update(id: string, change: DesktopPoolUpdate): Promise<DesktopPool> {
    const { store, onChanged } = this.#parts;
    await this.#requireSound(changed(await poolById(store, id), change));
    await update<PoolRecord>(store, desktopPoolKey(id), (record) => {
      if (!record) throw new LodgeError("desktop_pool.not_found", { pool: id });
      return changed(record, change);
    });
    onChanged(id);
    return this.get(id);
  }

  /** @throws LodgeError of the image, guest, network or storage pool that is not there; desktop_pool.hours, desktop_pool.monitors */
  async #requireSound({ image, networks, hours, homePool, project, ...rest }: PoolRecord): Promise<void> {
    const { store, whole, layers } = this.#parts;
    if (image !== undefined && !(await findImage(whole, image, project)).image.desktop)
      throw new LodgeError("desktop_pool.not_a_desktop", { image });
    if (rest.guest !== undefined) {
      const { machine, desktop } = await findGuest(whole, rest.guest, project);
      if (desktop) throw new LodgeError("desktop_pool.of_a_desktop", { guest: rest.guest });
      const { monitors: room = 1 } = machine;
      if ((rest.policy.monitors ?? 1) > room)
        throw new LodgeError("desktop_pool.monitors", { guest: rest.guest, room });
    }
    for (const network of networks ?? [])
      if (network !== defaultNetwork) await networkByName(store, network, project);
    if (homePool !== undefined) await requirePool(store, layers, homePool);
    const reason = hours && flawOf(hours);
    if (reason !== undefined) throw new LodgeError("desktop_pool.hours", { reason });
  }
}

/** The pool after a change; itself where there is none. @throws LodgeError desktop_pool.source, desktop_pool.home_size */
export function changed(record: PoolRecord, change: DesktopPoolUpdate): PoolRecord {
  const { hours, cpus, memory, networks, most, image, guest, ...rest } = change;
  if (image !== undefined && guest !== undefined) throw new LodgeError("desktop_pool.source");
  const { homeSize: size } = record;
  if (rest.homeSize !== undefined && (size === undefined || rest.homeSize < size))
    throw new LodgeError("desktop_pool.home_size", { size: size ?? "nothing" });
  const { image: oldImage, guest: oldGuest, imageId, ...whole } = record;
  const source =
    image !== undefined
      ? { image }
      : guest !== undefined
        ? { guest }
        : { ...(oldImage === undefined ? { guest: oldGuest! } : { image: oldImage }) };
  const next: PoolRecord = {
    ...withoutUsual(whole, change),
    ...rest,
    ...source,
    ...(imageId !== undefined && (image === undefined || image === oldImage) ? { imageId } : {}),
    ...(hours ? { hours } : {}),
    ...(cpus ? { cpus } : {}),
    ...(memory ? { memory } : {}),
    ...(networks ? { networks } : {}),
    ...(most ? { most } : {}),
  };
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  const anew =
    shape.some((field) => !same(record[field], next[field])) ||
    !same(recordedPolicy(record), recordedPolicy(next)) ||
    (record.policy.monitors ?? 1) !== (next.policy.monitors ?? 1);
  return anew ? { ...next, revision: record.revision + 1 } : next;
}

const mayBeUsual = ["hours", "cpus", "memory", "networks", "most"] as const;

/** What a change says null of is as if nothing had been said. */
function withoutUsual<T extends object>(whole: T, change: DesktopPoolUpdate): T {
  const usual = new Set<string>(mayBeUsual.filter((field) => change[field] === null));
  return Object.fromEntries(Object.entries(whole).filter(([field]) => !usual.has(field))) as T;
}

/** The pool once the image of its name is another one; itself where it is not. */
export function withImage(record: PoolRecord, imageId: string): PoolRecord {
  if (record.imageId === imageId) return record;
  // One that was never looked at is of whichever there was.
  const revision = record.revision + (record.imageId === undefined ? 0 : 1);
  return { ...record, imageId, revision };
}

/** Does somebody watch it, as far as it was written down? */
export const isConnected = ({ connectedAt, disconnectedAt }: DesktopRecord): boolean =>
  connectedAt !== undefined && (disconnectedAt === undefined || disconnectedAt < connectedAt);

function shown(
  record: PoolRecord,
  desktops: readonly DesktopRecord[],
  guests: readonly Guest[],
  ail: PoolAil | undefined,
): DesktopPool {
  const marks = guests.flatMap(({ desktop }) => (desktop?.pool === record.id ? [desktop] : []));
  const own = desktops.filter(({ pool, ending }) => pool === record.id && !ending);
  const { imageId: _, ...rest } = record;
  const ready = marks.filter(
    ({ state, revision }) => state === "standby" && revision === record.revision,
  ).length;
  const making = marks.filter(({ state }) => state === "making").length;
  return {
    ...rest,
    ready,
    making,
    desktops: own.length,
    connected: own.filter(isConnected).length,
    outdated: own.filter(({ revision }) => revision !== record.revision).length,
    // What one host cannot make another does.
    ...(ail && ready + making < record.standby.count ? { ails: ail } : {}),
  };
}
