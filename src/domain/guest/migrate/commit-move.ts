/** The moment at which a guest becomes another host's: one transaction over all that is recorded of it. */
import { LodgeError } from "#contract/errors";
import { placeOf } from "#durable/store/partition";
import type { Item, Put, Store, Transaction } from "#durable/store/store";
import { layerKey } from "../../volume/layer.ts";
import { volumeKey } from "../../volume/record.ts";
import { attachedVolumes, guestKey, type GuestRecord } from "../record.ts";
import { recordKeys, snapshotKey, snapshotNameKey, snapshotsOf } from "../snapshot/record.ts";
import { addressed, addressedSnapshot } from "./cargo.ts";
import { moveKey, type MoveRecord, type Target } from "./move-record.ts";

/**
 * Who else changed the guest, a volume of its or the move since they were read makes it fail with store.conflict, and nothing is changed.
 * @param item the guest's record as it was read
 * @param move likewise
 * @param own ids of layers in pools that hosts share on which it alone stands: those that the target takes are no more this host's
 */
export async function handOver(
  store: Store,
  item: Item,
  move: Item,
  { target, own }: { readonly target: Target; readonly own: readonly string[] },
): Promise<Transaction> {
  const guest = item.value as GuestRecord;
  const { id, process, inPlace = [] } = move.value as MoveRecord;
  const runs = guest.state === "running";
  const there = (key: string): string => placeOf(target.host, key);
  const [snapshots, volumes] = await Promise.all([
    snapshotsOf(store, guest.id),
    Promise.all(attachedVolumes(guest).map((volume) => volumeItem(store, volume))),
  ]);
  const value = addressed(guest, target.places, {
    arriving: {
      move: id,
      runs,
      live: process !== undefined,
      ...(inPlace.length > 0 ? { inPlace: true } : {}),
    },
    ...(process ? { process } : {}),
    ...(target.kernel ? { kernel: target.kernel } : {}),
  });
  const put: Put[] = [
    { key: there(guestKey(guest.id)), value: { ...value, host: target.name } },
    ...snapshots.flatMap((snapshot) => [
      { key: there(snapshotKey(snapshot.id)), value: addressedSnapshot(snapshot, target.places) },
      { key: there(snapshotNameKey(guest.id, snapshot.name)), value: snapshot.id },
    ]),
    ...volumes.map(({ key, value: volume }) => ({ key: there(key), value: volume })),
  ];
  return {
    compare: [
      { key: item.key, revision: item.revision },
      { key: move.key, revision: move.revision },
      ...volumes.map(({ key, revision }) => ({ key, revision })),
    ],
    put,
    delete: [
      guestKey(guest.id),
      moveKey(id),
      ...snapshots.flatMap(recordKeys),
      ...volumes.map(({ key }) => key),
      ...own.filter((layer) => inPlace.includes(layer)).map(layerKey),
    ],
  };
}

/** @throws LodgeError volume.not_found */
async function volumeItem(store: Store, volume: string): Promise<Item> {
  const item = await store.get(volumeKey(volume));
  if (!item) throw new LodgeError("volume.not_found", { volume });
  return item;
}
