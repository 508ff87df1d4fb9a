/** Volumes as users see them, guests' own disks among them. */
import { stat } from "node:fs/promises";
import { defaultPool, type PoolKind } from "#contract/schema/pool";
import type { Volume } from "#contract/schema/volume";
import type { Store } from "#durable/store/store";
import { layerPrefix, type Layer } from "../../volume/layer.ts";
import { listPools, poolOf } from "../../volume/pool.ts";
import { listVolumes, volumeById, type VolumeRecord } from "../../volume/record.ts";
import { guestById, listGuests, type GuestRecord } from "../record.ts";
import { ownId, type FoundVolume } from "./found.ts";

interface Surroundings {
  readonly layers: ReadonlyMap<string, Layer>;
  readonly kinds: ReadonlyMap<string, PoolKind>;
}

async function surroundings(store: Store, folder: string): Promise<Surroundings> {
  const [{ items }, pools] = await Promise.all([store.list(layerPrefix), listPools(store, folder)]);
  return {
    layers: new Map(items.map(({ value }) => [(value as Layer).id, value as Layer])),
    kinds: new Map(pools.map(({ name, kind }) => [name, kind])),
  };
}

/** What a layer's file takes. Of a server that may be gone nothing is asked. */
async function taken(layer: Layer | undefined, kind: PoolKind | undefined): Promise<number> {
  if (!layer || kind === "shared" || kind === "rbd") return 0;
  return stat(layer.path).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );
}

async function whereAndHow({ layers, kinds }: Surroundings, top: string, wanted?: string) {
  const layer = layers.get(top);
  const pool = wanted ?? (layer ? poolOf(layer, layers, kinds) : defaultPool);
  return { pool, used: await taken(layer, kinds.get(pool)) };
}

async function ofRecord(
  around: Surroundings,
  { id, name, project, description, format, size, encrypted, place, createdAt }: VolumeRecord,
  guest: GuestRecord | undefined,
): Promise<Volume> {
  const told = {
    id,
    name,
    project,
    description,
    createdAt,
    encrypted: encrypted === true,
    own: false,
  } as const;
  switch (place.kind) {
    case "making":
      return {
        ...told,
        state: "making",
        format,
        size,
        ...(await whereAndHow(around, place.layer, place.pool)),
      };
    case "rest":
      return { ...told, state: "ready", format, size, ...(await whereAndHow(around, place.layer)) };
    case "guest": {
      const disk = guest?.disks.find((one) => one.id === place.disk);
      const at = guest ? { guest: guest.id, guestName: guest.name, disk: place.disk } : {};
      const where = await whereAndHow(around, disk?.layer ?? "");
      const now = { format: disk?.format ?? format, size: disk?.size ?? size };
      return { ...told, state: "ready", ...now, ...where, ...at };
    }
  }
}

async function ofGuest(around: Surroundings, guest: GuestRecord): Promise<Volume[]> {
  const { id, name, project, createdAt } = guest;
  const own = guest.disks.filter(({ volume }) => volume === undefined);
  return Promise.all(
    own.map(async ({ id: disk, format, size, layer, encrypted = false }): Promise<Volume> => {
      const at = { guest: id, guestName: name, disk };
      const told = { id: ownId(id, disk), name: `${name}:${disk}`, project, description: "", createdAt };
      return {
        ...told,
        ...at,
        state: "ready",
        format,
        size,
        encrypted,
        own: true,
        ...(await whereAndHow(around, layer)),
      };
    }),
  );
}

/** By name. */
export async function allVolumes(store: Store, folder: string): Promise<Volume[]> {
  const [around, volumes, guests] = await Promise.all([
    surroundings(store, folder),
    listVolumes(store),
    listGuests(store),
  ]);
  const byId = new Map(guests.map((guest) => [guest.id, guest]));
  const shown = await Promise.all([
    ...volumes.map(async (one) => [
      await ofRecord(around, one, one.place.kind === "guest" ? byId.get(one.place.guest) : undefined),
    ]),
    ...guests.map((guest) => ofGuest(around, guest)),
  ]);
  return shown.flat().toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function oneVolume(store: Store, folder: string, found: FoundVolume): Promise<Volume> {
  const around = await surroundings(store, folder);
  if (found.kind === "volume")
    return ofRecord(
      around,
      await volumeById(store, found.id),
      found.at && (await guestById(store, found.at.guest.id)),
    );
  const all = await ofGuest(around, await guestById(store, found.at.guest.id));
  return all.find(({ disk }) => disk === found.at.disk.id)!;
}
