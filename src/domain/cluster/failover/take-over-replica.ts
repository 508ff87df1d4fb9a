/**
 * Takes a guest over whose disks were its lost host's own, by what its replica has. The replica's host lets nobody write to it any more
 * first (domain/guest/replica/copies.ts): from then on it is what it is, whatever the lost host does. What that has is stale from the
 * transaction on, and is never started: no guest's record is of it. Where it comes back, it takes that away as it does any layer that
 * nothing stands on, and keeps a replica of the guest from then on.
 */
import { LodgeError } from "#contract/errors";
import { placeOf } from "#durable/store/partition";
import type { Compare, Transaction } from "#durable/store/store";
import { copyKey } from "../../guest/replica/copy.ts";
import { isWhole, wanted, type Kept, type ReplicaRecord } from "../../guest/replica/record.ts";
import { guestKey, onLayers, type GuestRecord } from "../../guest/record.ts";
import { heldLayers, recordKeys } from "../../guest/snapshot/record.ts";
import { withoutMemory, type Belongings } from "./belongings.ts";

/** @throws LodgeError replica.behind: a person has to say that what is missing may be lost */
export function requireInSync({ name, replica }: GuestRecord): ReplicaRecord {
  if (replica?.state === "in-sync") return replica;
  throw new LodgeError("replica.behind", {
    guest: name,
    host: replica?.host ?? "",
    reason: replica?.reason ?? "it is being copied",
  });
}

/**
 * What makes it the replica's host's.
 *
 * @param kept what that host said when it had closed it
 * @param guest what it is there, before it is put on its new layers
 * @throws LodgeError replica.nothing_whole
 */
export function startFrom(
  belongings: Belongings,
  {
    lost,
    guest,
    kept,
    at,
  }: {
    readonly lost: { readonly id: string; readonly name: string };
    readonly guest: GuestRecord;
    readonly kept: Kept;
    readonly at: string;
  },
  compare: readonly Compare[],
): Transaction {
  const { revision, guest: before, snapshots } = belongings;
  const { replica } = before;
  const whole = replica?.whole;
  if (!replica || !whole || !isWhole(whole, kept))
    throw new LodgeError("replica.nothing_whole", { guest: before.name, host: replica?.host ?? "" });
  const { to, epoch } = replica;
  const formats = new Map(before.disks.map(({ id, format }) => [id, format]));
  // A layer over what was copied is qcow2, whatever that is.
  const isOver = (replica.turns ?? 0) > 0;
  const tops = Object.entries(whole).map(
    ([what, id]) => [what, { id, format: isOver ? "qcow2" : (formats.get(what) ?? "qcow2") }] as const,
  );
  const reason = `${lost.name} was lost`;
  const here: GuestRecord = {
    ...onLayers(guest, Object.fromEntries(tops)),
    replica: wanted(lost, { since: at, reason, epoch: epoch + 1 }),
  };
  // Of those that were made after it was whole, what they hold is not there.
  const there = snapshots.filter((one) =>
    Object.values(heldLayers(one)).every((layer) => kept.layers.includes(layer)),
  );
  return {
    compare: [{ key: placeOf(lost.id, guestKey(before.id)), revision }, ...compare],
    put: [
      { key: placeOf(to, guestKey(before.id)), value: here },
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
