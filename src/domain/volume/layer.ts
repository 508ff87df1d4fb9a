/**
 * Layers: what guests' disks are made of. A disk is a chain of qcow2 files over an image, or over a file that
 * stands by itself (an empty disk, a raw copy of an image):
 *
 *   image (raw or qcow2) ◄── template's layer, frozen ◄── guest's layer
 *                                                    ◄── guest's layer, frozen ◄── its next layer
 *                                                                              ◄── its branch's layer
 *
 * A layer is frozen once something stands on it: nobody writes to it again. Nothing is counted; a layer
 * that no guest, snapshot or template reaches any more is garbage and is removed. The variables of a guest's UEFI
 * are layers like those of a disk, over no image.
 *
 * All have their paths in one folder. Where one's bytes are in a pool elsewhere, its path is a link: stored.ts.
 */
import { access, copyFile, mkdir, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { backingFile } from "#hypervisor/disk/backing";
import { convert, type ConvertOptions } from "#hypervisor/disk/convert";
import { createBlank, createOverlay, guestSize, type DiskFormat, resizeDisk } from "#hypervisor/disk/create";
import type { Key } from "#hypervisor/disk/keyed";
import {
  bareSize,
  bareUsed,
  copyStored,
  growBare,
  holdStored,
  isBare,
  isDevice,
  makeBare,
} from "#hypervisor/disk/pool/stored";
import type { Link } from "./chain.ts";
import { leaveToOthers } from "./held-by.ts";
import { linkTo, placeBesides, removeLayerFile, storedAt } from "./stored.ts";

export interface Layer {
  readonly id: string;
  readonly path: string;
  readonly format: DiskFormat;
  /** The layer below. */
  readonly below?: string;
  /** The image below; neither this nor a layer: it stands by itself. */
  readonly image?: string;
  /** The pool that it was put into; one that says nothing is where the layer below is, or in the default pool. */
  readonly pool?: string;
  /** The sealed key that it is encrypted with: disk-key.ts. */
  readonly secret?: string;
  /** It is a block device. */
  readonly device?: true;
  /** Another host may have it too, in a pool that both share: whoever is the last to let go of it removes its file (held-by.ts). */
  readonly elsewhere?: true;
  readonly createdAt: string;
}

export const layerPrefix = "layers/";
export const layerKey = (id: string): string => layerPrefix + id;
export const layerPath = (folder: string, id: string, format: DiskFormat = "qcow2"): string =>
  join(folder, `${id}.${format}`);

interface DiskFile {
  readonly path: string;
  readonly format: DiskFormat;
}

interface Below {
  /** The files that it stands on. */
  readonly below?: readonly string[];
}

/** Where a layer is that is not at its own path, which becomes a link to that; `thinPool`: LVM's, if it is a device. */
export interface Elsewhere {
  readonly at?: string;
  readonly thinPool?: string;
}

/** What a new layer's file begins as. */
export type LayerSource = Elsewhere &
  /** Nothing of its own over another file. `seed`: such a file made earlier, to copy. */
  (
    | {
        readonly kind: "overlay";
        readonly path: string;
        readonly over: DiskFile & { readonly seed?: string };
        readonly size?: number;
      }
    | ({ readonly kind: "blank"; readonly size: number } & DiskFile)
    /** All of another file and of what is below it. `size`: where it is to be larger. */
    | ({ readonly kind: "copy"; readonly of: DiskFile & Below; readonly size?: number } & DiskFile)
    /** What another layer's own file holds, over what that stands on. */
    | ({ readonly kind: "twin"; readonly of: DiskFile; readonly size?: undefined } & DiskFile)
  );

export interface LayerOptions extends Omit<ConvertOptions, "targetKey"> {
  /** What it is encrypted with. */
  readonly key?: string | undefined;
}

/** @throws LodgeError host.no_space, host.command_failed; the signal's reason. */
export async function makeLayer(source: LayerSource, options: LayerOptions = {}): Promise<void> {
  const { path, size, at, thinPool } = source;
  if (at !== undefined) await linkTo(path, at);
  const onBare = at !== undefined && isBare(at) && source.kind !== "twin";
  if (onBare) await makeBare(at, thinPool, size ?? (await diskSize(source)));
  switch (source.kind) {
    case "overlay":
      return makeLayerFile(path, source.over, { size, key: options.key });
    case "blank":
      await mkdir(dirname(path), { recursive: true });
      if (onBare) return;
      return createBlank(path, {
        format: source.format,
        size: source.size,
        ...(options.key === undefined ? {} : { key: options.key }),
      });
    case "copy":
      await mkdir(dirname(path), { recursive: true });
      await copyAll(source, onBare, options);
      if (size !== undefined && !onBare)
        await resizeDisk(path, source.format, size, { key: keyed("target", options.key) });
      return;
    case "twin":
      await mkdir(dirname(path), { recursive: true });
      return copyStored((await storedAt(source.of.path)) ?? source.of.path, at ?? path, options.signal);
  }
}

async function copyAll(
  { path, at = path, format, of }: Extract<LayerSource, { readonly kind: "copy" }>,
  existing: boolean,
  options: LayerOptions,
): Promise<void> {
  const { below = [] } = of;
  await using _held = await holdLayers([of.path, ...below], existing ? [at] : []);
  await convert(of.path, of.format, at, format, {
    ...options,
    below,
    existing,
    targetKey: keyed("target", options.key),
  });
}

/** Layers' files can be opened while this is held, wherever they are. @throws LodgeError pool.unusable */
export async function holdLayers(
  paths: readonly string[],
  more: readonly string[] = [],
): Promise<AsyncDisposable> {
  const at = await Promise.all(paths.map(storedAt));
  return holdStored([...at.filter((one) => one !== undefined), ...more]);
}

const keyed = (id: string, data: string | undefined): Key | undefined =>
  data === undefined ? undefined : { id, data };

/** Bytes that the disk has which this layer begins as. */
async function diskSize(source: LayerSource): Promise<number> {
  if (source.kind === "overlay") throw new TypeError("an overlay is no device");
  if (source.kind === "blank") return source.size;
  return sizeOf(source.of);
}

/** Bytes that a guest sees of a layer. */
async function sizeOf({ path, format }: DiskFile): Promise<number> {
  const at = await storedAt(path);
  return (at === undefined ? undefined : await bareSize(at)) ?? guestSize(path, format);
}

export async function layerById(store: Store, id: string): Promise<Layer> {
  const item = await store.get(layerKey(id));
  if (!item) throw new LodgeError("guest.disk_missing", { path: id, guest: id });
  return item.value as Layer;
}

/** Makes the disk larger that a layer is written for; nobody has it open, or QEMU is told afterwards. */
export async function growLayer(
  { path, format }: Layer,
  size: number,
  how: { readonly below?: readonly string[]; readonly key?: string | undefined } = {},
): Promise<void> {
  const at = await storedAt(path);
  if (at !== undefined && isBare(at)) return growBare(at, size);
  const { below = [], key } = how;
  await using _held = await holdLayers(below);
  await resizeDisk(path, format, size, { below, key: keyed("disk", key) });
}

/** Makes a layer's file over another file; where that is in a pool elsewhere, it is there as well. */
export async function makeLayerFile(
  path: string,
  over: DiskFile & { readonly seed?: string | undefined },
  { size, key }: { readonly size?: number | undefined; readonly key?: string | undefined } = {},
): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const besides = await placeBesides(over.path, path);
  if (besides !== undefined) await linkTo(path, besides);
  if (over.seed !== undefined && size === undefined && key === undefined) return copyFile(over.seed, path);
  await createOverlay(path, {
    backing: over.path,
    backingFormat: over.format,
    size: size ?? (await sizeOf(over)),
    ...(key === undefined ? {} : { key }),
  });
}

/** A layer and all below it, the top first. @throws LodgeError guest.disk_missing */
export async function chainOf(store: Store, top: string): Promise<Layer[]> {
  const chain: Layer[] = [];
  for (let id: string | undefined = top; id !== undefined; id = chain.at(-1)!.below) {
    chain.push(await layerById(store, id));
  }
  return chain;
}

/** The chain with the space that each file takes. */
export async function measured(chain: readonly Layer[]): Promise<Link[]> {
  return Promise.all(chain.map(async ({ id, path }) => ({ id, bytes: await taken(path) })));
}

async function taken(path: string): Promise<number> {
  const at = await storedAt(path);
  if (at !== undefined && isBare(at) && !isDevice(at)) return bareUsed(at);
  return (await stat(path)).blocks * 512;
}

/**
 * Makes a layer's record say what its file says: on which of the layers below it stands directly. The file is
 * what QEMU goes by. What it says is on the disk before anybody acts on it and removes what lies between.
 *
 * @returns whether the record said otherwise.
 */
export async function believeFile(store: Store, id: string): Promise<boolean> {
  const [top, ...below] = await chainOf(store, id);
  const backing = await backingFile(top!.path);
  const found = below.find(({ path }) => path === backing);
  if (!found || found.id === top!.below) return false;
  await using file = await open(top!.path, "r");
  await file.sync();
  await update<Layer>(store, layerKey(id), (layer) => layer && { ...layer, below: found.id });
  return true;
}

/** Throws guest.disk_missing unless every file of the chain is there. Returns the chain, top first. */
export async function checkChain(
  store: Store,
  guest: string,
  top: string,
  imagePath: (image: string) => Promise<string>,
): Promise<string[]> {
  const paths: string[] = [];
  for (const layer of await chainOf(store, top)) {
    const at = await storedAt(layer.path);
    // Those of Ceph's are no files yet: that they are there is seen when they become some.
    if (at === undefined || !isBare(at) || isDevice(at)) paths.push(layer.path);
    if (layer.image !== undefined) paths.push(await imagePath(layer.image));
  }
  for (const path of paths) {
    await access(path).catch((cause: unknown) => {
      throw new LodgeError("guest.disk_missing", { path, guest }, { cause });
    });
  }
  return paths;
}

/** The ids of all layers that can be reached from `roots`. Pure. */
export function reachable(layers: readonly Layer[], roots: Iterable<string>): Set<string> {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const reached = new Set<string>();
  for (const root of roots) {
    for (let id: string | undefined = root; id !== undefined && !reached.has(id); id = byId.get(id)?.below) {
      reached.add(id);
    }
  }
  return reached;
}

/** Where it is asked who has a layer. */
export interface WhoHas {
  readonly store: ReadStore;
  /** The records of all hosts, under the keys that they have on theirs; without: there is no other host. */
  readonly whole?: ReadStore;
}

/**
 * Removes the file of a layer that was made for something which came to nothing, unless it is recorded: on this host or, where
 * the layer is in a pool that both have, on one that has taken over the guest which was to write to it. That one does by now.
 */
export async function dropLayer(
  { store, whole = store }: WhoHas,
  { id, path }: Pick<Layer, "id" | "path">,
): Promise<void> {
  const { items } = await whole.list(layerPrefix);
  if (!items.some(({ key }) => key === layerKey(id))) await removeLayerFile(path);
}

/** The layers that nothing reaches. `roots` is read after the layers were listed: see collectLayers(). */
export async function unreached(store: Store, roots: () => Promise<readonly string[]>): Promise<Layer[]> {
  const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  const kept = reachable(layers, await roots());
  return layers.filter(({ id }) => !kept.has(id));
}

/**
 * Removes layers that nothing reaches. `roots` is read after the layers were listed, so a layer that is
 * being made must be among the roots or be recorded later than its user.
 */
export async function collectLayers(store: Store, roots: () => Promise<string[]>): Promise<string[]> {
  const garbage = await unreached(store, roots);
  for (const { id, path, elsewhere } of garbage) {
    if (elsewhere && (await leaveToOthers(store, layerKey(id), path))) continue;
    // What is in a pool that cannot be used now stays known, and goes another time.
    if (await removeLayerFile(path)) await store.transact({ delete: [layerKey(id)] });
  }
  return garbage.map(({ id }) => id);
}
