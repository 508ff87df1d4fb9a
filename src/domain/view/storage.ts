/** What takes space in the home, and for whom: images, the layers of guests' disks, what templates keep. */
import { stat, statfs } from "node:fs/promises";
import type { Schemas } from "#contract/schemas";
import type { Store } from "#durable/store/store";
import { nvramId, listGuests, writtenLayers, type GuestRecord } from "../guest/record.ts";
import { imagePrefix, type ImageRecord } from "../image/record.ts";
import { templatePrefix, type TemplateRecord } from "../template/record.ts";
import { layerPrefix, type Layer } from "../volume/layer.ts";

type Item = Schemas["StorageItem"];

export interface StorageParts {
  readonly store: Store;
  readonly home: string;
}

/** Who reaches a layer: directly, as a disk of its own, or through what stands on it. */
interface Reach {
  readonly guests: Set<string>;
  /** Of the one disk that is written to it. */
  written?: { readonly guest: GuestRecord; readonly disk: string };
}

/** Bytes that a file takes; a file with holes takes less than it has. 0 where it is not there (yet, any more). */
const taken = (path: string): Promise<number> =>
  stat(path).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );

export async function describeStorage({ store, home }: StorageParts): Promise<Schemas["Storage"]> {
  const all = async <T>(prefix: string) => (await store.list(prefix)).items.map(({ value }) => value as T);
  const [guests, layers, images, templates, disk] = await Promise.all([
    listGuests(store),
    all<Layer>(layerPrefix),
    all<ImageRecord>(imagePrefix),
    all<TemplateRecord>(templatePrefix),
    statfs(home),
  ]);
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const { reach, onImage } = reaches(guests, byId);
  const ofTemplate = new Map(templates.map((template) => [template.layer, template]));
  const layerItems = layers.map((layer) => layerItem(layer, reach.get(layer.id), ofTemplate.get(layer.id)));
  const items = await Promise.all([
    ...layerItems.map(async ({ path, ...item }): Promise<Item> => ({ ...item, bytes: await taken(path) })),
    ...images.map(async ({ id, name, path, size, createdAt }): Promise<Item> => {
      const names = [...(onImage.get(id) ?? [])].toSorted();
      return { id, kind: "image", name, bytes: await taken(path), size, guests: names, createdAt };
    }),
    ...templates.map(async ({ id, imageName, stateFile, ramFile, createdAt }): Promise<Item> => {
      const bytes = (await taken(stateFile)) + (await taken(ramFile));
      return { id, kind: "template", name: imageName, bytes, guests: [], createdAt };
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

function reaches(guests: readonly GuestRecord[], layers: ReadonlyMap<string, Layer>) {
  const reach = new Map<string, Reach>();
  const onImage = new Map<string, Set<string>>();
  for (const guest of guests) {
    for (const [disk, top] of Object.entries(writtenLayers(guest))) {
      for (let id: string | undefined = top; id !== undefined; id = layers.get(id)?.below) {
        const one: Reach = reach.get(id) ?? { guests: new Set() };
        one.guests.add(guest.name);
        if (id === top) one.written = { guest, disk };
        reach.set(id, one);
        const image = layers.get(id)?.image;
        if (image !== undefined) onImage.set(image, (onImage.get(image) ?? new Set()).add(guest.name));
      }
    }
  }
  return { reach, onImage };
}

function layerItem(
  { id, path, createdAt }: Layer,
  reach: Reach | undefined,
  template: TemplateRecord | undefined,
): Omit<Item, "bytes"> & { readonly path: string } {
  const guests = [...(reach?.guests ?? [])].toSorted();
  const base = { id, path, guests, createdAt };
  if (reach?.written) {
    const { guest, disk } = reach.written;
    const size = guest.disks.find((one) => one.id === disk)?.size;
    return {
      ...base,
      kind: disk === nvramId ? "variables" : "disk",
      name: `${guest.name} ${disk}`,
      ...(size === undefined ? {} : { size }),
    };
  }
  if (template) return { ...base, kind: "template", name: template.imageName };
  return { ...base, kind: guests.length > 0 ? "shared" : "unused", name: guests.join(", ") || id };
}
