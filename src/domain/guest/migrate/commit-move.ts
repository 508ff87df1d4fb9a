/** The moment at which a guest becomes another host's: one transaction over all that is recorded of it. */
import { placeOf } from "#durable/store/partition";
import type { Item, Put, Store, Transaction } from "#durable/store/store";
import { volumeById, volumeKey } from "../../volume/record.ts";
import { attachedVolumes, guestKey, type GuestRecord } from "../record.ts";
import { recordKeys, snapshotKey, snapshotNameKey, snapshotsOf } from "../snapshot/record.ts";
import { addressed, addressedSnapshot } from "./cargo.ts";
import { moveKey, type MoveRecord, type Target } from "./move-record.ts";

/**
 * Who else changed the guest or the move since they were read makes it fail with store.conflict, and nothing is changed.
 * @param item the guest's record as it was read
 * @param move likewise
 */
export async function handOver(store: Store, item: Item, move: Item, target: Target): Promise<Transaction> {
  const guest = item.value as GuestRecord;
  const { id, process } = move.value as MoveRecord;
  const runs = guest.state === "running";
  const there = (key: string): string => placeOf(target.host, key);
  const snapshots = await snapshotsOf(store, guest.id);
  const volumes = await Promise.all(attachedVolumes(guest).map((volume) => volumeById(store, volume)));
  const value = addressed(guest, target.places, {
    arriving: { move: id, runs, live: process !== undefined },
    ...(process ? { process } : {}),
    ...(target.kernel ? { kernel: target.kernel } : {}),
  });
  const put: Put[] = [
    { key: there(guestKey(guest.id)), value: { ...value, host: target.name } },
    ...snapshots.flatMap((snapshot) => [
      { key: there(snapshotKey(snapshot.id)), value: addressedSnapshot(snapshot, target.places) },
      { key: there(snapshotNameKey(guest.id, snapshot.name)), value: snapshot.id },
    ]),
    ...volumes.map((volume) => ({ key: there(volumeKey(volume.id)), value: volume })),
  ];
  return {
    compare: [
      { key: item.key, revision: item.revision },
      { key: move.key, revision: move.revision },
    ],
    put,
    delete: [
      guestKey(guest.id),
      moveKey(id),
      ...snapshots.flatMap(recordKeys),
      ...volumes.map((volume) => volumeKey(volume.id)),
    ],
  };
}
