/**
 * Volumes that are not a guest's own disks, as the store keeps them. Its disk says what an attached one writes to and
 * how large it is; at rest, its record does.
 *
 *   making ──► at rest ◄──► with a guest
 */
import { LodgeError } from "#contract/errors";
import type { Item, ReadStore } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { DiskFormat } from "#hypervisor/disk/create";

export type VolumePlace =
  /** `source`: the layer that it is being made of. */
  | { readonly kind: "making"; readonly layer: string; readonly pool: string; readonly source?: string }
  | { readonly kind: "rest"; readonly layer: string }
  | { readonly kind: "guest"; readonly guest: string; readonly disk: string };

/** Ids. */
export interface HomeOf {
  readonly pool: string;
  readonly user: string;
}

export interface VolumeRecord {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly description: string;
  readonly format: DiskFormat;
  /** Bytes. */
  readonly size: number;
  readonly encrypted?: true;
  /** Whose home it is on desktops of which pool: what becomes of it, its home's record says alone (domain/desktop/home.ts). */
  readonly home?: HomeOf;
  readonly place: VolumePlace;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

export const volumePrefix = "volumes/";
export const volumeKey = (id: string): string => volumePrefix + id;
export const volumeNameKey = (project: string, name: string): string => `volume-names/${project}/${name}`;
/** What operations lock. */
export const volumeTarget = (id: string): string => `volume:${id}`;

export async function listVolumes(store: ReadStore): Promise<VolumeRecord[]> {
  return (await store.list(volumePrefix)).items.map(({ value }) => value as VolumeRecord);
}

/** With the revision that a change of it is to compare. @throws LodgeError volume.not_found */
export async function volumeItem(
  store: ReadStore,
  id: string,
): Promise<Item & { readonly value: VolumeRecord }> {
  const item = await find(store, volumeKey(id));
  if (!item) throw new LodgeError("volume.not_found", { volume: id });
  return item as Item & { readonly value: VolumeRecord };
}

/** @throws LodgeError volume.not_found */
export async function volumeById(store: ReadStore, id: string): Promise<VolumeRecord> {
  return (await volumeItem(store, id)).value;
}

/** By its name in a project or, in whichever, by its id. @throws LodgeError volume.not_found */
export async function findVolume(store: ReadStore, ref: string, project: string): Promise<VolumeRecord> {
  const named = await find(store, volumeNameKey(project, ref));
  return volumeById(store, named ? String(named.value) : ref);
}

/** The layers that it stands on by itself. */
export function volumeLayers({ place }: VolumeRecord): string[] {
  switch (place.kind) {
    case "making":
      return [place.layer, ...(place.source === undefined ? [] : [place.source])];
    case "rest":
      return [place.layer];
    case "guest":
      return [];
  }
}
