/**
 * Takes a guest over whose disks were its lost host's own, by what its replica has. The replica's host lets nobody write to it any more
 * first (domain/guest/replica/copies.ts): from then on it is what it is, whatever the lost host does. What that has is stale from the
 * transaction on, and is never started: no guest's record is of it. Where it comes back, it takes that away as it does any layer that
 * nothing stands on, unless it has what the replica had not: that it keeps as volumes. It keeps a replica of the guest from then on.
 */
import { newId } from "#base/ids";
import { LodgeError } from "#contract/errors";
import { placeOf } from "#durable/store/partition";
import type { Compare, Put, ReadStore, Transaction } from "#durable/store/store";
import type { DiskFormat } from "#hypervisor/disk/create";
import { copyKey } from "../../guest/replica/copy.ts";
import { isWhole, wanted, type Kept, type ReplicaRecord, type Written } from "../../guest/replica/record.ts";
import { guestKey, onLayers, type GuestRecord } from "../../guest/record.ts";
import { heldLayers, recordKeys } from "../../guest/snapshot/record.ts";
import { layerKey, type Layer } from "../../volume/layer.ts";
import { volumeKey, volumeNameKey, type VolumeRecord } from "../../volume/record.ts";
import { leftKey, withoutMemory, type Belongings, type LeftBehind } from "./belongings.ts";

/** @throws LodgeError replica.behind: a person has to say that what is missing may be lost */
export function requireInSync({ name, replica }: GuestRecord): ReplicaRecord {
  if (replica?.state === "in-sync") return replica;
  throw new LodgeError("replica.behind", {
    guest: name,
    host: replica?.host ?? "",
    reason: replica?.reason ?? "it is being copied",
  });
}

export interface ReplicaStart {
  readonly lost: { readonly id: string; readonly name: string };
  /** What it is there, before it is put on its new layers. */
  readonly guest: GuestRecord;
  /** What its host said when it had closed it. */
  readonly kept: Kept;
  /** What the lost host alone has is to be kept there. */
  readonly keepOld: boolean;
  readonly at: string;
}

/** What makes it the replica's host's. @throws LodgeError replica.nothing_whole */
export async function startFrom(
  store: ReadStore,
  belongings: Belongings,
  { lost, guest, kept, keepOld, at }: ReplicaStart,
  compare: readonly Compare[],
): Promise<Transaction> {
  const { revision, guest: before, snapshots } = belongings;
  const { replica } = before;
  const whole = replica?.whole;
  const tops =
    replica && whole && isWhole(whole, kept) ? await layersOf(store, replica.to, whole) : undefined;
  if (!replica || !tops)
    throw new LodgeError("replica.nothing_whole", { guest: before.name, host: replica?.host ?? "" });
  const { to, epoch } = replica;
  const old = keepOld ? oldDisks(belongings, lost, at) : [];
  const left: LeftBehind = { layers: [] };
  const reason = `${lost.name} was lost`;
  const here: GuestRecord = {
    ...onLayers(guest, tops),
    replica: wanted(lost, { since: at, reason, epoch: epoch + 1 }),
  };
  // Of those that were made after it was whole, what they hold is not there.
  const there = snapshots.filter((one) =>
    Object.values(heldLayers(one)).every((layer) => kept.layers.includes(layer)),
  );
  return {
    compare: [
      { key: placeOf(lost.id, guestKey(before.id)), revision },
      ...old.map(({ name }) => ({ key: name.key, revision: "absent" }) as const),
      ...compare,
    ],
    put: [
      { key: placeOf(to, guestKey(before.id)), value: here },
      { key: placeOf(lost.id, leftKey(before.id)), value: left },
      ...old.flatMap(({ volume, name }) => [volume, name]),
      ...there.flatMap((snapshot) => {
        const [record, name] = recordKeys(snapshot);
        return [
          { key: placeOf(to, record!), value: withoutMemory(snapshot) },
          { key: placeOf(to, name!), value: snapshot.id },
        ];
      }),
    ],
    delete: [
      placeOf(lost.id, guestKey(before.id)),
      placeOf(to, copyKey(before.id)),
      ...snapshots.flatMap(recordKeys).map((key) => placeOf(lost.id, key)),
    ],
  };
}

type Made = Readonly<Record<string, { readonly id: string; readonly format: DiskFormat }>>;

/** As that host has them: what was put over a raw one is none. Undefined: not all of them are there. */
async function layersOf(store: ReadStore, host: string, whole: Written): Promise<Made | undefined> {
  const found = await Promise.all(
    Object.entries(whole).map(async ([what, id]) => {
      const layer = (await store.get(placeOf(host, layerKey(id))))?.value as Layer | undefined;
      return layer && ([what, { id, format: layer.format }] as const);
    }),
  );
  const there = found.filter((one) => one !== undefined);
  return there.length === found.length ? Object.fromEntries(there) : undefined;
}

/** What the lost host has of its disks, as volumes of its own: nobody's but who looks for what was given up. */
function oldDisks(
  { guest }: Belongings,
  lost: { readonly id: string },
  at: string,
): { volume: Put; name: Put }[] {
  const { project } = guest;
  const when = at.replaceAll(/[^0-9]/g, "").slice(0, 14);
  return guest.disks.map(({ id: disk, format, size, layer }) => {
    const id = newId("v");
    const name = `${guest.name.slice(0, 40)}-${disk}-${when}`;
    const volume: VolumeRecord = {
      id,
      name,
      project,
      description: `What ${guest.name} had on its disk ${disk} where it was lost`,
      format,
      size,
      place: { kind: "rest", layer },
      createdAt: at,
    };
    return {
      volume: { key: placeOf(lost.id, volumeKey(id)), value: volume },
      name: { key: volumeNameKey(project, name), value: id },
    };
  });
}
