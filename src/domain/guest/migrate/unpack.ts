/**
 * What a guest brings along, as the target keeps it: its layers under this host's paths, over what this host has already.
 * An image that is not here is here as a layer that stands for it.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "#durable/store/store";
import { backingFile } from "#hypervisor/disk/backing";
import { rebaseAlone } from "#hypervisor/disk/rebase";
import { imageById } from "../../image/record.ts";
import { hasCode } from "#contract/errors";
import type { DiskKeys } from "../../volume/disk-key.ts";
import { layerById, layerKey, layerPath, makeLayer, type Layer } from "../../volume/layer.ts";
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
  const want = (name: string, path: string, size: number) => {
    wanted.set(name, path);
    bytes += size;
  };
  const lacking = new Set<string>();
  for (const image of cargo.images) {
    if (await hasImage(store, image.id)) continue;
    lacking.add(image.id);
    const id = standIn(image.id);
    const path = layerPath(places.layers, id, image.format);
    layers.push({ id, path, format: image.format, createdAt: cargo.guest.createdAt });
    if (!(await hasLayer(store, id, path))) want(fileName.image(image.id), path, image.bytes);
  }
  for (const packed of cargo.layers) {
    const layer = hereAs(packed, places, lacking);
    layers.push(layer);
    const made = packed.written && cargo.live;
    // What it writes to is another each time that it comes.
    if (!made && (packed.written || !(await hasLayer(store, layer.id, layer.path))))
      want(fileName.layer(layer.id), layer.path, packed.bytes);
    // What it writes to is made here, and filled as it comes.
    if (made) bytes += packed.bytes;
  }
  const { folder } = guestPlace(places, cargo.guest.id);
  for (const { path, bytes: size } of cargo.files) want(fileName.own(path), join(folder, path), size);
  return { layers, wanted, bytes };
}

/** Without the pool that it was in: all of it comes to the home's own folder. */
function hereAs({ layer }: CargoLayer, places: Places, lacking: ReadonlySet<string>): Layer {
  const { pool: _, device: _device, image, ...rest } = layer;
  const path = layerPath(places.layers, layer.id, layer.format);
  if (image === undefined) return { ...rest, path };
  return lacking.has(image) ? { ...rest, path, below: standIn(image) } : { ...rest, path, image };
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

/** Makes the files that a guest which runs writes to: empty, over what came. */
export async function makeTops(parts: UnpackParts, cargo: Cargo, { layers }: Unpacked): Promise<void> {
  const sizes = new Map(cargo.guest.disks.map(({ id, size }) => [id, size]));
  for (const [what, id] of Object.entries(writtenLayers(cargo.guest))) {
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
