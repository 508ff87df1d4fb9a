/** Volumes of both kinds under one name: those that stand for themselves, and the disks that guests were made with. */
import { hasCode, LodgeError } from "#contract/errors";
import type { ReadStore } from "#durable/store/store";
import { findVolume, volumeById, type VolumeRecord } from "../../volume/record.ts";
import { findDisk, findGuest, guestById, type GuestRecord, type RecordedDisk } from "../record.ts";

/** A disk of a guest, attached or its own. */
export interface AtGuest {
  readonly guest: GuestRecord;
  readonly disk: RecordedDisk;
}

export type FoundVolume =
  | {
      readonly kind: "own";
      readonly id: string;
      readonly name: string;
      readonly project: string;
      readonly at: AtGuest;
    }
  | {
      readonly kind: "volume";
      readonly id: string;
      readonly name: string;
      readonly project: string;
      readonly record: VolumeRecord;
      /** Where it is attached. */
      readonly at?: AtGuest;
    };

export const ownId = (guest: string, disk: string): string => `${guest}:${disk}`;

async function ofRecord(store: ReadStore, record: VolumeRecord): Promise<FoundVolume> {
  const { id, name, project, place } = record;
  const found = { kind: "volume", id, name, project, record } as const;
  if (place.kind !== "guest") return found;
  const guest = await guestById(store, place.guest);
  return { ...found, at: { guest, disk: findDisk(guest, place.disk) } };
}

async function ofDisk(store: ReadStore, guest: GuestRecord, id: string): Promise<FoundVolume> {
  const disk = findDisk(guest, id);
  if (disk.volume !== undefined) return ofRecord(store, await volumeById(store, disk.volume));
  const at = { guest, disk };
  return { kind: "own", id: ownId(guest.id, id), name: `${guest.name}:${id}`, project: guest.project, at };
}

/** By GUEST:DISK, or a volume's name or id. @throws LodgeError volume.not_found */
export async function findAny(store: ReadStore, ref: string, project: string): Promise<FoundVolume> {
  const [owner = "", disk] = ref.split(":");
  if (disk === undefined) return ofRecord(store, await findVolume(store, ref, project));
  try {
    return await ofDisk(store, await findGuest(store, owner, project), disk);
  } catch (error) {
    if (!hasCode(error, "guest.not_found", "disk.not_found")) throw error;
    throw new LodgeError("volume.not_found", { volume: ref }, { cause: error });
  }
}
