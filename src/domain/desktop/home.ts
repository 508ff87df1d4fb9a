/**
 * Homes: what a person finds again on disposable desktops of a pool. A home is a volume, and a record that says which
 * desktop may have it:
 *
 *   desktop-homes/POOL/USER          the same for all hosts of a cluster; the volume itself is with the host that its data is with
 *
 *   (none) ──take──► held by a desktop ──let go, once its guest is no more──► free ──take──► held by another …
 *
 * Whatever is done with the volume is done by the one that holds the home: it is attached to that one's guest alone, and
 * goes to that one's host alone. So it is never attached twice as long as nobody is let go of who could still write. That is
 * one transaction, which compares that no host has the holder's guest any more: a guest's record goes once its QEMU is
 * gone (guest/destroy.ts), or once a lost host can write no more (cluster/failover). A daemon that is killed at any
 * moment leaves a holder, and whoever takes next goes on where that one was or, where its guest is gone, lets go of it.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { newId } from "#base/ids";
import { locate, placeOf } from "#durable/store/partition";
import type { Compare, Item, ReadStore, Store } from "#durable/store/store";
import { guestKey } from "../guest/record.ts";
import { listMembers } from "../member/record.ts";
import { layerKey, type Layer } from "../volume/layer.ts";
import { isSharedKind, poolKey, type PoolRecord } from "../volume/pool.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";

export interface Holder {
  readonly desktop: string;
  readonly guest: string;
}

export interface HomeRecord {
  /** Ids. */
  readonly pool: string;
  readonly user: string;
  /** As he was called when it was made. */
  readonly userName: string;
  /** The volume's id, which it has before the volume is made. */
  readonly volume: string;
  readonly holder?: Holder;
  /** Rises with each holder. */
  readonly generation: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/** Whose home of which pool. */
export interface HomeOwner {
  readonly pool: string;
  readonly user: string;
  readonly userName: string;
}

export const homePrefix = "desktop-homes/";
export const homeKey = (pool: string, user: string): string => `${homePrefix}${pool}/${user}`;

export interface HomeItem extends Item {
  readonly value: HomeRecord;
}

export const homeItem = async (
  store: ReadStore,
  { pool, user }: Pick<HomeOwner, "pool" | "user">,
): Promise<HomeItem | undefined> => (await store.get(homeKey(pool, user))) as HomeItem | undefined;

/** A key of hosts' own on every host that there is; alone, on this one. */
export async function everyPlace(store: ReadStore, key: string): Promise<string[]> {
  const members = await listMembers(store);
  return members.length === 0 ? [key] : members.map(({ id }) => placeOf(id, key));
}

/** A home's volume, wherever it is. Its `key` says where. */
export async function findHomeVolume(
  store: ReadStore,
  id: string,
): Promise<(Item & { readonly value: VolumeRecord }) | undefined> {
  const places = await everyPlace(store, volumeKey(id));
  const items = await Promise.all(places.map((place) => store.get(place)));
  return items.find((item) => item !== undefined) as (Item & { readonly value: VolumeRecord }) | undefined;
}

/** Where a home lies. */
export interface HomePlace {
  /** The host's id. */
  readonly host: string;
  /** It cannot be copied from there: its blocks are a clone's or a snapshot's too, or it is in a thin pool of LVM. */
  readonly stays: boolean;
}

export const staysWhereItIs = ({ below, image, device }: Layer): boolean =>
  below !== undefined || image !== undefined || device === true;

/**
 * The host that a home lies with and would have to be copied from: a desktop there has it at once. Undefined: any host is as
 * good, since there is none yet, it is in a pool that hosts share, or this host stands alone.
 */
export async function hostWithHome(
  store: ReadStore,
  owner: Pick<HomeOwner, "pool" | "user">,
): Promise<HomePlace | undefined> {
  const home = await homeItem(store, owner);
  const volume = home && (await findHomeVolume(store, home.value.volume));
  const host = volume && locate(volume.key).host;
  if (!volume || host === undefined) return undefined;
  const { place } = volume.value;
  if (place.kind !== "rest") return { host, stays: false };
  const layer = (await store.get(placeOf(host, layerKey(place.layer))))?.value as Layer | undefined;
  const found = { host, stays: layer !== undefined && staysWhereItIs(layer) };
  if (layer?.pool === undefined) return found;
  const pool = (await store.get(placeOf(host, poolKey(layer.pool))))?.value as PoolRecord | undefined;
  return !found.stays && pool && isSharedKind(pool.kind) ? undefined : found;
}

/** Where a guest is; undefined: nowhere. */
export async function placeOfGuest(store: Store, id: string): Promise<string | undefined> {
  const places = await everyPlace(store, guestKey(id));
  const items = await Promise.all(places.map((place) => store.get(place)));
  return items.find((item) => item !== undefined)?.key;
}

/**
 * Makes a desktop the home's holder, and has it made known where there is none yet. Idempotent.
 *
 * @throws LodgeError desktop.home_held: another desktop has it whose guest is not gone for certain.
 */
export async function takeHome(
  store: Store,
  owner: HomeOwner,
  holder: Holder,
  createdAt: string,
): Promise<HomeItem> {
  for (;;) {
    const item = await homeItem(store, owner);
    const now = item?.value.holder;
    if (now && isSame(now, holder)) return item;
    try {
      if (now) {
        await free(store, item);
        continue;
      }
      const { pool, user, userName } = owner;
      const before = item?.value ?? { pool, user, userName, volume: newId("v"), generation: 0, createdAt };
      const value: HomeRecord = { ...before, holder, generation: before.generation + 1 };
      const key = homeKey(pool, user);
      await store.transact({
        compare: [{ key, revision: item?.revision ?? "absent" }],
        put: [{ key, value }],
      });
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

/**
 * Takes a home from a desktop whose guest is gone; one that it does not hold stays as it is. Idempotent.
 *
 * @throws LodgeError desktop.home_held: its guest is still somewhere.
 */
export async function letGoOfHome(
  store: Store,
  owner: Pick<HomeOwner, "pool" | "user">,
  desktop: string,
): Promise<void> {
  for (;;) {
    const item = await homeItem(store, owner);
    if (item?.value.holder?.desktop !== desktop) return;
    try {
      return await free(store, item);
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

/** @throws LodgeError desktop.home_held, store.conflict */
async function free(store: Store, { key, revision, value }: HomeItem): Promise<void> {
  const { holder, ...rest } = value;
  const guests = await everyPlace(store, guestKey(holder!.guest));
  const [volume, ...found] = await Promise.all([
    findHomeVolume(store, value.volume),
    ...guests.map((place) => store.get(place)),
  ]);
  if (found.some((guest) => guest !== undefined)) throw heldBy(value);
  // With the guest's record its disks are at rest again: this is what it says, and is compared.
  if (volume?.value.place.kind === "guest") throw heldBy(value);
  const gone = guests.map((place): Compare => ({ key: place, revision: "absent" }));
  const asFound = volume ? [{ key: volume.key, revision: volume.revision }] : [];
  await store.transact({ compare: [{ key, revision }, ...gone, ...asFound], put: [{ key, value: rest }] });
}

export const isSame = (a: Holder, b: Holder): boolean => a.desktop === b.desktop && a.guest === b.guest;

const heldBy = ({ userName: user }: HomeRecord): LodgeError => new LodgeError("desktop.home_held", { user });
