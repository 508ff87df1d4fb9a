/**
 * What a guest brings along, as the target keeps it: its layers under this host's paths, over what this host has already.
 * An image that is not here is here as a layer that stands for it.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "#durable/store/store";
import { defaultPool } from "#contract/schema/pool";
import { backingFile, renameBacking } from "#hypervisor/disk/backing";
import { bareSize, isBare } from "#hypervisor/disk/pool/stored";
import { rebaseAlone } from "#hypervisor/disk/rebase";
import { imageById } from "../../image/record.ts";
import { hasCode } from "#contract/errors";
import type { DiskKeys } from "../../volume/disk-key.ts";
import { isHeldElsewhere } from "../../volume/held-by.ts";
import { chainOf, layerById, layerKey, layerPath, makeLayer, type Layer } from "../../volume/layer.ts";
import { placed, requirePool } from "../../volume/pool.ts";
import { linkTo, storedAt } from "../../volume/stored.ts";
import { guestPlace, type Places } from "../place.ts";
import { nvramId, writtenLayers } from "../record.ts";
import { diskFormat, standIn, type Cargo, type CargoLayer } from "./cargo.ts";
import { fileName } from "./send-files.ts";

export interface UnpackParts {
  readonly store: Store;
  readonly places: Places;
  readonly diskKeys?: DiskKeys | undefined;
}

/** Where each file that is not here yet is put. */
export interface Unpacked {
  /** The bottom ones first. */
  readonly layers: readonly Layer[];
  readonly wanted: ReadonlyMap<string, string>;
  /** Bytes of those files. */
  readonly bytes: number;
  /** Of those that stay where they are: one that others go on to stand on, and that names what is below it by paths which are not here. */
  readonly misnamed?: string;
  /** Where those are that are in a pool which both hosts share, by their layers' ids: they stay there. */
  readonly inPlace: ReadonlyMap<string, string>;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Decides; nothing is written. */
export async function plan({ store, places }: UnpackParts, cargo: Cargo): Promise<Unpacked> {
  const wanted = new Map<string, string>();
  const layers: Layer[] = [];
  let bytes = 0;
  let misnamed: string | undefined;
  const want = (name: string, path: string, size: number) => {
    wanted.set(name, path);
    bytes += size;
  };
  const lacking = new Set<string>();
  const inPlace = new Map<string, string>();
  for (const image of cargo.images) {
    if (await hasImage(store, image.id)) continue;
    lacking.add(image.id);
    const id = standIn(image.id);
    const path = layerPath(places.layers, id, image.format);
    layers.push({ id, path, format: image.format, createdAt: cargo.guest.createdAt });
    if (!(await hasLayer(store, id, path))) want(fileName.image(image.id), path, image.bytes);
  }
  for (const packed of cargo.layers) {
    const at = await foundAt(store, places, packed);
    const { below } = packed.layer;
    const aside = below !== undefined && inPlace.has(below);
    const layer = hereAs(packed, places, lacking, {
      ...(at === undefined ? {} : { pool: packed.shared!.name, elsewhere: true }),
      // What says nothing of its pool is where the layer below it is.
      ...(at === undefined && aside ? { pool: defaultPool } : {}),
    });
    layers.push(layer);
    if (at !== undefined) {
      inPlace.set(layer.id, at);
      if (packed.common && (await isMisnamed(store, layer, at, layers))) misnamed ??= layer.id;
      continue;
    }
    const made = packed.written && cargo.live;
    // What it writes to is another each time that it comes.
    if (!made && (packed.written || !(await hasLayer(store, layer.id, layer.path))))
      want(fileName.layer(layer.id), layer.path, packed.bytes);
    // What it writes to is made here, and filled as it comes.
    if (made) bytes += packed.bytes;
  }
  const { folder } = guestPlace(places, cargo.guest.id);
  for (const { path, bytes: size } of cargo.files) want(fileName.own(path), join(folder, path), size);
  return { layers, wanted, bytes, inPlace, ...(misnamed === undefined ? {} : { misnamed }) };
}

/** Does its header, in the file, name what is below it otherwise than this host does? */
async function isMisnamed(
  store: Store,
  { below, image, format }: Layer,
  file: string,
  known: readonly Layer[],
): Promise<boolean> {
  if (format !== "qcow2") return false;
  const path =
    image === undefined
      ? known.find(({ id }) => id === below)?.path
      : (await imageById(store, image)).image.path;
  return path !== undefined && (await backingFile(file)) !== path;
}

/** Where this host has it, too, in a pool of that name; undefined: nowhere. */
async function foundAt(
  store: Store,
  { layers: folder }: Places,
  { layer, shared }: CargoLayer,
): Promise<string | undefined> {
  if (!shared) return undefined;
  try {
    const own = layerPath(folder, layer.id, layer.format);
    // It was copied here before.
    if ((await storedAt(own)) === undefined && (await isThere(own))) return undefined;
    const pool = await requirePool(store, folder, shared.name);
    const { at } = pool.kind === shared.kind ? placed(pool, layer.id, layer.format).place : {};
    if (at === undefined) return undefined;
    return (isBare(at) ? (await bareSize(at)) !== undefined : await isThere(at)) ? at : undefined;
  } catch (error) {
    if (hasCode(error, "pool.not_found", "pool.unusable")) return undefined;
    throw error;
  }
}

/** Without the pool that it was in, unless it stays in that: all else comes to the home's own folder. */
function hereAs(
  { layer }: CargoLayer,
  places: Places,
  lacking: ReadonlySet<string>,
  where: Pick<Layer, "pool" | "elsewhere">,
): Layer {
  const { pool: _, device: _device, elsewhere: _elsewhere, image, ...rest } = layer;
  const here: Layer = { ...rest, ...where, path: layerPath(places.layers, layer.id, layer.format) };
  if (image === undefined) return here;
  return lacking.has(image) ? { ...here, below: standIn(image) } : { ...here, image };
}

async function hasImage(store: Store, id: string): Promise<boolean> {
  try {
    return await isThere((await imageById(store, id)).image.path);
  } catch (error) {
    if (hasCode(error, "image.not_found")) return false;
    throw error;
  }
}

/** A layer that is frozen is the same wherever it is. */
const hasLayer = async (store: Store, id: string, path: string): Promise<boolean> =>
  (await store.get(layerKey(id))) !== undefined && (await isThere(path));

/** Those that other guests may stand on as well, and what their files are called on their way. */
export const frozenLayers = ({
  layers,
  images,
}: Pick<Cargo, "layers" | "images">): { readonly id: string; readonly file: string }[] => [
  ...images.map(({ id }) => ({ id: standIn(id), file: fileName.image(id) })),
  ...layers.filter(({ written }) => !written).map(({ layer: { id } }) => ({ id, file: fileName.layer(id) })),
];

/** To be recorded before their files come. */
export const layerRecords = ({ layers }: Unpacked): { key: string; value: Layer }[] =>
  layers.map((layer) => ({ key: layerKey(layer.id), value: layer }));

/** What came stands on what is here: whatever else its header names is not looked at. */
export async function settle(parts: UnpackParts, { layers, wanted }: Unpacked): Promise<void> {
  for (const layer of layers) if (wanted.has(fileName.layer(layer.id))) await standHere(parts, layer);
}

/** Has a layer's file name what it stands on as this host does: it may have its home elsewhere than the one that made it. */
export async function standHere({ store, diskKeys }: StandParts, layer: Layer): Promise<void> {
  if (layer.format !== "qcow2") return;
  const below = await fileBelow(store, layer);
  if ((await backingFile(layer.path)) === below?.path) return;
  const key = diskKeys?.open(layer);
  await rebaseAlone(layer.path, below, key === undefined ? undefined : { id: layer.id, data: key });
}

type StandParts = Pick<UnpackParts, "store" | "diskKeys">;

async function fileBelow(
  store: Store,
  { below, image }: Layer,
): Promise<Pick<Layer, "path" | "format"> | undefined> {
  if (below !== undefined) return layerById(store, below);
  if (image === undefined) return undefined;
  return { path: (await imageById(store, image)).image.path, format: await diskFormat(store, image) };
}

/** Has each that stays where it is by its path on this host. */
export async function linkThere({ layers, inPlace }: Unpacked): Promise<void> {
  for (const { id, path } of layers) {
    const at = inPlace.get(id);
    if (at !== undefined) await linkTo(path, at);
  }
}

/**
 * What was taken where it is names what it stands on as the host did that had it. To be called while nobody writes to it; what guests of
 * another host stand on as well stays as it is.
 */
export async function nameHere(
  { store }: Pick<UnpackParts, "store">,
  tops: readonly string[],
): Promise<void> {
  for (const top of tops)
    for (const layer of await chainOf(store, top)) {
      if (!layer.elsewhere || layer.format !== "qcow2") continue;
      const below = await fileBelow(store, layer);
      if (!below || (await backingFile(layer.path)) === below.path) continue;
      if (!(await isHeldElsewhere(store, layerKey(layer.id)))) await renameBacking(layer.path, below.path);
    }
}

/** Makes the files that a guest which runs writes to: empty, over what came. */
export async function makeTops(
  parts: UnpackParts,
  cargo: Cargo,
  { layers, inPlace }: Unpacked,
): Promise<void> {
  const sizes = new Map(cargo.guest.disks.map(({ id, size }) => [id, size]));
  for (const [what, id] of Object.entries(writtenLayers(cargo.guest))) {
    if (inPlace.has(id)) continue;
    const layer = layers.find((one) => one.id === id)!;
    const below = await fileBelow(parts.store, layer);
    const key = parts.diskKeys?.open(layer);
    const { path, format } = layer;
    const size = what === nvramId ? cargo.nvramSize : sizes.get(what);
    // A link that was left of an earlier stay would lead to where another host has it by now.
    await rm(path, { force: true });
    if (below)
      await makeLayer(
        { kind: "overlay", path, over: below, ...(size === undefined ? {} : { size }) },
        { key },
      );
    else await makeLayer({ kind: "blank", path, format, size: size! }, { key });
  }
}
