/** What takes space in the home, and for whom: images, the layers of guests' disks, what templates and snapshots keep, … */
import { stat, statfs } from "node:fs/promises";
import type { Schemas } from "#contract/schemas";
import type { Store } from "#durable/store/store";
import { listRecordings } from "../console/recording/record.ts";
import { nvramId, listGuests, writtenLayers, type GuestRecord } from "../guest/record.ts";
import { heldLayers, listSnapshots } from "../guest/snapshot/record.ts";
import { imagePrefix, type ImageRecord } from "../image/record.ts";
import { templatePrefix, type TemplateRecord } from "../template/record.ts";
import { allUploads } from "../upload/record.ts";
import { stagedSize } from "../upload/sweep.ts";
import { layerPrefix, type Layer } from "../volume/layer.ts";

type Item = Schemas["StorageItem"];

export interface StorageParts {
  readonly store: Store;
  readonly home: string;
  /** Where uploads arrive. */
  readonly uploads: string;
}

/** Who reaches a layer: directly, as a disk of its own, or through what stands on it. */
interface Reach {
  readonly guests: Set<GuestRecord>;
  /** Of the one disk that is written to it. */
  written?: { readonly guest: GuestRecord; readonly disk: string };
}

/** Bytes that files take; one with holes takes less than it has, and nothing where it is not there (yet, any more). */
async function taken(paths: readonly string[]): Promise<number> {
  const blocks = paths.map((path) =>
    stat(path).then(
      (found) => found.blocks,
      () => 0,
    ),
  );
  return (await Promise.all(blocks)).reduce((sum, count) => sum + count * 512, 0);
}

export async function describeStorage({ store, home, uploads }: StorageParts): Promise<Schemas["Storage"]> {
  const all = async <T>(prefix: string) => (await store.list(prefix)).items.map(({ value }) => value as T);
  const [guests, snapshots, layers, images, templates, recordings, sent, disk] = await Promise.all([
    listGuests(store),
    listSnapshots(store),
    all<Layer>(layerPrefix),
    all<ImageRecord>(imagePrefix),
    all<TemplateRecord>(templatePrefix),
    listRecordings(store),
    allUploads(store),
    statfs(home),
  ]);
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const { reach, onImage } = reaches(guests, byId);
  const owner = new Map(guests.map((guest) => [guest.id, guest]));
  const told = new Set([
    ...templates.map(({ layer }) => layer),
    ...snapshots.flatMap((snapshot) => Object.values(heldLayers(snapshot))),
  ]);
  const items = await Promise.all([
    ...layers
      .filter(({ id }) => !told.has(id))
      .map(async (layer): Promise<Item> => {
        return { ...layerItem(layer, reach.get(layer.id)), bytes: await taken([layer.path]) };
      }),
    ...images.map(async ({ id, name, path, size, createdAt }): Promise<Item> => {
      const bytes = await taken([path]);
      return { id, kind: "image", name, bytes, size, guests: shown(onImage.get(id)), createdAt };
    }),
    ...templates.map(async (template): Promise<Item> => {
      const { id, imageName, layer, stateFile, ramFile, diskSize, createdAt } = template;
      const files = [byId.get(layer)?.path, stateFile, ramFile].filter((path) => path !== undefined);
      const on = shown(reach.get(layer)?.guests);
      const bytes = await taken(files);
      return { id, kind: "template", name: imageName, bytes, size: diskSize, guests: on, createdAt };
    }),
    ...snapshots.map(({ id, name, guest, size, memorySize = 0, createdAt }): Item => {
      const of = owner.get(guest);
      const guests = shown(of && [of]);
      return {
        id,
        kind: "snapshot",
        name: `${of?.name ?? guest} ${name}`,
        bytes: size + memorySize,
        guests,
        createdAt,
      };
    }),
    ...guests.flatMap(({ suspendFile, ...guest }) =>
      suspendFile ? [suspendedItem(guest, suspendFile)] : [],
    ),
    ...recordings.map(({ id, guest, guestName, size, startedAt }): Item => {
      const of = owner.get(guest);
      const name = of?.name ?? guestName;
      return { id, kind: "recording", name, bytes: size, guests: shown(of && [of]), createdAt: startedAt };
    }),
    ...sent.map(async ({ id, name, file, size, createdAt }): Promise<Item> => {
      const bytes = await stagedSize(uploads, id);
      return { id, kind: "upload", name: name ?? file, bytes, size, guests: [], createdAt };
    }),
  ]);
  return {
    folder: home,
    size: disk.blocks * disk.bsize,
    free: disk.bavail * disk.bsize,
    taken: items.reduce((sum, { bytes }) => sum + bytes, 0),
    items: items.toSorted((a, b) => b.bytes - a.bytes),
  };
}

/** By their names. */
const shown = (guests: Iterable<GuestRecord> = []): Item["guests"] =>
  [...guests]
    .map(({ id, name, project }) => ({ id, name, project }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

async function suspendedItem(guest: GuestRecord, file: string): Promise<Item> {
  const { id, name, memory, stateSince } = guest;
  const bytes = await taken([file]);
  return { id, kind: "suspended", name, bytes, size: memory, guests: shown([guest]), createdAt: stateSince };
}

function reaches(guests: readonly GuestRecord[], layers: ReadonlyMap<string, Layer>) {
  const reach = new Map<string, Reach>();
  const onImage = new Map<string, Set<GuestRecord>>();
  for (const guest of guests) {
    for (const [disk, top] of Object.entries(writtenLayers(guest))) {
      for (let id: string | undefined = top; id !== undefined; id = layers.get(id)?.below) {
        const one: Reach = reach.get(id) ?? { guests: new Set() };
        one.guests.add(guest);
        if (id === top) one.written = { guest, disk };
        reach.set(id, one);
        const image = layers.get(id)?.image;
        if (image !== undefined) onImage.set(image, (onImage.get(image) ?? new Set()).add(guest));
      }
    }
  }
  return { reach, onImage };
}

function layerItem({ id, createdAt }: Layer, reach: Reach | undefined): Omit<Item, "bytes"> {
  const guests = shown(reach?.guests);
  const base = { id, guests, createdAt };
  if (!reach?.written)
    return {
      ...base,
      kind: guests.length > 0 ? "shared" : "unused",
      name: guests.map(({ name }) => name).join(", ") || id,
    };
  const { guest, disk } = reach.written;
  const size = guest.disks.find((one) => one.id === disk)?.size;
  return {
    ...base,
    kind: disk === nvramId ? "variables" : "disk",
    name: `${guest.name} ${disk}`,
    ...(size === undefined ? {} : { size }),
  };
}
