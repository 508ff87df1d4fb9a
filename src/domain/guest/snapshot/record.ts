/**
 * A snapshot as the store keeps it: the layers that a guest wrote to until then, which are frozen since, and
 * what the machine was. A guest's snapshots are a tree; its record says on which one it stands.
 *
 *   first ◄── second ◄── third
 *                   ◄── (restored to second) ── fourth ◄── the guest
 */
import type { Snapshot } from "#contract/schema/snapshot";
import { LodgeError } from "#contract/errors";
import type { ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { MemoryKey } from "../../volume/disk-key.ts";
import type { GuestRecord, Written } from "../record.ts";

/** What restoring brings back of the machine, beside what is on its disks. */
export type Machine = Pick<
  GuestRecord,
  "cpus" | "memory" | "machine" | "disks" | "nvram" | "boot" | "drives"
>;

export interface SnapshotRecord extends Omit<Snapshot, "cpus" | "memory" | "disks"> {
  readonly machine: Machine;
  /** File of the saved memory, where the kind is "memory". */
  readonly memoryFile?: string;
  /** What that file is encrypted with. */
  readonly memoryKey?: MemoryKey;
  /** The cards of the machine whose memory it is, as cardsOf() has them; absent from records of old. */
  readonly cards?: readonly string[];
  /** Its processors were halted: it goes on halted. */
  readonly paused?: true;
  /** Folder of the TPM's state, where the guest has a TPM. */
  readonly tpm?: string;
}

export const snapshotPrefix = "snapshots/";
export const snapshotKey = (id: string): string => snapshotPrefix + id;
export const snapshotNameKey = (guest: string, name: string): string => `snapshot-names/${guest}/${name}`;
/** What operations on one lock that leave its guest alone. */
export const snapshotTarget = (id: string): string => `snapshot:${id}`;

export function machineOf(record: GuestRecord): Machine {
  const { cpus, memory, machine, disks, nvram, boot, drives } = record;
  return {
    cpus,
    memory,
    machine,
    disks,
    drives,
    ...(nvram === undefined ? {} : { nvram }),
    ...(boot === undefined ? {} : { boot }),
  };
}

/** A machine's network cards and where they are: memory fits no machine with others. */
export const cardsOf = ({ nics }: Pick<GuestRecord, "nics">): string[] =>
  nics.map(({ id, port }) => (port === undefined ? id : `${id} in port ${port}`)).toSorted();

/** @throws LodgeError snapshot.other_cards where the memory is wanted and the guest has other cards by now */
export function requireCards(guest: GuestRecord, snapshot: SnapshotRecord, memory: boolean): void {
  const { cards, name, memoryFile } = snapshot;
  if (!memory || memoryFile === undefined || cards === undefined) return;
  if (cards.join() !== cardsOf(guest).join())
    throw new LodgeError("snapshot.other_cards", {
      guest: guest.name,
      snapshot: name,
      cards: cards.join(", ") || "none",
    });
}

/** As users see it. */
export function toSnapshot(record: SnapshotRecord): Snapshot {
  const { machine, memoryFile: _file, memoryKey: _key, paused: _paused, ...told } = record;
  const { tpm: _tpm, cards: _cards, ...shown } = told;
  return {
    ...shown,
    cpus: machine.cpus,
    memory: machine.memory,
    disks: machine.disks.map(({ id, size }) => ({ id, size })),
  };
}

/** The layers that it holds. */
export const heldLayers = ({ machine: { disks, nvram } }: SnapshotRecord): Written => ({
  ...Object.fromEntries(disks.map(({ id, layer }) => [id, layer])),
  ...(nvram === undefined ? {} : { nvram }),
});

export async function listSnapshots(store: ReadStore): Promise<SnapshotRecord[]> {
  return (await store.list(snapshotPrefix)).items.map(({ value }) => value as SnapshotRecord);
}

/** A guest's, the oldest first. */
export async function snapshotsOf(store: Store, guest: string): Promise<SnapshotRecord[]> {
  const all = (await listSnapshots(store)).filter((one) => one.guest === guest);
  return all.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

const place = ({ createdAt, id }: SnapshotRecord): string => `${createdAt} ${id}`;

/** Finds a guest's snapshot by name or id. @throws LodgeError snapshot.not_found */
export async function findSnapshot(
  store: Store,
  guest: Pick<GuestRecord, "id" | "name">,
  ref: string,
): Promise<SnapshotRecord> {
  const named = await find(store, snapshotNameKey(guest.id, ref));
  const item = await find(store, snapshotKey(named ? String(named.value) : ref));
  const record = item?.value as SnapshotRecord | undefined;
  if (record?.guest !== guest.id)
    throw new LodgeError("snapshot.not_found", { guest: guest.name, snapshot: ref });
  return record;
}

/** What the records of a guest's snapshots lie under, for whoever removes them. */
export const recordKeys = ({ id, guest, name }: SnapshotRecord): string[] => [
  snapshotKey(id),
  snapshotNameKey(guest, name),
];

/** Every layer that a snapshot holds. */
export async function allHeld(store: Store): Promise<Set<string>> {
  return new Set((await listSnapshots(store)).flatMap((one) => Object.values(heldLayers(one))));
}
