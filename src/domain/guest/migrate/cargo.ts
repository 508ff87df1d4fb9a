/** All that goes along when a guest moves: its records, and which files they are about. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { Store } from "#durable/store/store";
import { guestSize, type DiskFormat } from "#hypervisor/disk/create";
import { cpuFlags } from "#hypervisor/host/traits";
import { isBare } from "#hypervisor/disk/pool/stored";
import { imageById, type ImageRecord } from "../../image/record.ts";
import { chainOf, layerPrefix, reachable, type Layer } from "../../volume/layer.ts";
import { isSharedKind, listPools, poolOf, type PoolRecord } from "../../volume/pool.ts";
import { volumeById, type VolumeRecord } from "../../volume/record.ts";
import { storedAt } from "../../volume/stored.ts";
import type { LaunchParts } from "../launch.ts";
import { guestPlace, type Places } from "../place.ts";
import { attachedVolumes, writtenLayers, type GuestRecord } from "../record.ts";
import { heldLayers, snapshotsOf, type SnapshotRecord } from "../snapshot/record.ts";
import { hasProcess } from "../state.ts";

/** A layer's file. */
export interface CargoLayer {
  readonly layer: Layer;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** The guest writes to it: while it runs, QEMU sends what is in it. */
  readonly written: boolean;
  /** It is a disk without a file system around it, which is not copied as a file. */
  readonly bare?: true;
  /** The pool that it is in, where that is of a kind which hosts share: who has that too takes it where it is. */
  readonly shared?: Pick<PoolRecord, "name" | "kind">;
  /** Of such a one: others of this host's stand on it, too, and go on to. */
  readonly common?: true;
}

/** An image that a chain of layers begins with. */
export interface CargoImage extends Pick<ImageRecord, "id" | "name" | "path"> {
  readonly format: DiskFormat;
  readonly bytes: number;
}

/** A file of the guest's folder, by its path in that. */
export interface CargoFile {
  readonly path: string;
  readonly bytes: number;
}

export interface Cargo {
  readonly guest: GuestRecord;
  /** It has a process, whose memory goes along. */
  readonly live: boolean;
  readonly accelerator?: "kvm" | "tcg";
  /** Flags of the processor that it runs on, where it has been given just that. */
  readonly processor?: readonly string[];
  /** The bottom ones first. */
  readonly layers: readonly CargoLayer[];
  readonly images: readonly CargoImage[];
  readonly snapshots: readonly SnapshotRecord[];
  readonly volumes: readonly VolumeRecord[];
  readonly files: readonly CargoFile[];
  /** Bytes of what its UEFI keeps, where it has one. */
  readonly nvramSize?: number;
}

/** `roots`: every layer that somebody on this host stands on. */
export async function packCargo(
  { store, places, hardware }: Pick<LaunchParts, "store" | "places" | "hardware">,
  guest: GuestRecord,
  roots: () => Promise<readonly string[]>,
): Promise<Cargo> {
  const [snapshots, volumes, pools] = await Promise.all([
    snapshotsOf(store, guest.id),
    Promise.all(attachedVolumes(guest).map((id) => volumeById(store, id))),
    listPools(store, places.layers),
  ]);
  const tops = new Set(Object.values(writtenLayers(guest)));
  const held = snapshots.flatMap((snapshot) => Object.values(heldLayers(snapshot)));
  const layers = new Map<string, Layer>();
  for (const chain of await Promise.all([...tops, ...held].map((top) => chainOf(store, top))))
    for (const layer of chain.toReversed()) layers.set(layer.id, layer);
  const sharedPool = sharedPools(pools, layers);
  const [images, ...each] = await Promise.all([
    packImages(store, [...layers.values()]),
    ...layers.values().map((layer) => packLayer(layer, tops.has(layer.id), sharedPool(layer))),
  ]);
  const packed = await markCommon(store, each, { own: [...tops, ...held], roots });
  const live = hasProcess(guest.state);
  // What is in a file of a suspended one's memory is of this host's, too.
  const accelerator = guest.state === "suspended" ? await hardware.accelerator() : guest.process?.accelerator;
  const nvram = guest.nvram === undefined ? undefined : layers.get(guest.nvram);
  return {
    guest,
    live,
    ...(accelerator ? { accelerator } : {}),
    ...(guest.machine.cpuModel === "host" ? { processor: [...(await cpuFlags())] } : {}),
    layers: packed,
    images,
    snapshots,
    volumes,
    files: await packFiles(places, guest, live),
    ...(nvram ? { nvramSize: await guestSize(nvram.path, nvram.format) } : {}),
  };
}

/** Says of each of these layers in which pool it is that other hosts may have, too. */
function sharedPools(listed: Awaited<ReturnType<typeof listPools>>, layers: ReadonlyMap<string, Layer>) {
  const pools = new Map(listed.map((pool) => [pool.name, pool]));
  const kinds = new Map([...pools.values()].map(({ name, kind }) => [name, kind]));
  return (layer: Layer): CargoLayer["shared"] => {
    const { name, kind } = pools.get(poolOf(layer, layers, kinds)) ?? {};
    return name !== undefined && kind !== undefined && isSharedKind(kind) ? { name, kind } : undefined;
  };
}

/** Says of those in pools that hosts share which of them others than this guest stand on. */
async function markCommon(
  store: Store,
  packed: readonly CargoLayer[],
  { own, roots }: { readonly own: readonly string[]; readonly roots: () => Promise<readonly string[]> },
): Promise<readonly CargoLayer[]> {
  if (!packed.some(({ shared }) => shared)) return packed;
  const all = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  const others = [...(await roots())];
  // Two may stand on one and the same layer: only this guest's own part of them goes.
  for (const layer of own) {
    const at = others.indexOf(layer);
    if (at >= 0) others.splice(at, 1);
  }
  const common = reachable(all, others);
  return packed.map((one) => (one.shared && common.has(one.layer.id) ? { ...one, common: true } : one));
}

async function packLayer(layer: Layer, written: boolean, shared: CargoLayer["shared"]): Promise<CargoLayer> {
  const at = (await storedAt(layer.path)) ?? layer.path;
  const packed = { layer, written, ...(shared ? { shared } : {}) };
  if (isBare(at)) return { ...packed, bytes: 0, bare: true };
  return { ...packed, bytes: (await stat(at)).blocks * 512 };
}

async function packImages(store: Store, layers: readonly Layer[]): Promise<CargoImage[]> {
  const ids = new Set(layers.flatMap(({ image }) => image ?? []));
  return Promise.all(
    [...ids].map(async (image) => {
      const { id, name, path, format } = (await imageById(store, image)).image;
      return { id, name, format: formatOfDisk(format), path, bytes: (await stat(path)).blocks * 512 };
    }),
  );
}

/** Of an image that disks stand on, which is no ISO. */
const formatOfDisk = (format: string): DiskFormat => (format === "qcow2" ? "qcow2" : "raw");

export const diskFormat = async (store: Store, image: string): Promise<DiskFormat> =>
  formatOfDisk((await imageById(store, image)).image.format);

/** What its folder has that it needs elsewhere: where it runs, QEMU brings what its TPM keeps, and its memory. */
async function packFiles(places: Places, guest: GuestRecord, live: boolean): Promise<CargoFile[]> {
  const place = guestPlace(places, guest.id);
  const wanted = [place.snapshots, ...(live ? [] : [place.tpm])];
  const found = (await Promise.all(wanted.map(filesIn))).flat();
  const all = [...found, ...(guest.suspendFile === undefined ? [] : [guest.suspendFile]), place.serialLog];
  const packed = all.map(async (path): Promise<CargoFile[]> => {
    const there = await stat(path).catch(() => undefined);
    return there ? [{ path: relative(place.folder, path), bytes: there.size }] : [];
  });
  return (await Promise.all(packed)).flat();
}

/** A lock is its process's own. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith(".lock") && !entry.name.endsWith(".partial"))
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** The layer that stands for an image where that is not there: the same for all guests that came with it. */
export const standIn = (image: string): string => `l${image.slice(1)}`;

/**
 * The same guest as the target keeps it: its files are where that host has them.
 * @param kernel where the target has the kernel that it boots, if it boots one from outside
 */
export function addressed(
  guest: GuestRecord,
  places: Pick<Places, "guests" | "run">,
  { process, kernel, arriving }: Pick<GuestRecord, "process" | "kernel" | "arriving">,
): GuestRecord {
  const { process: _process, suspendFile, kernel: before, ...rest } = guest;
  const place = guestPlace(places, guest.id);
  return {
    ...rest,
    generation: (guest.generation ?? 1) + 1,
    ...(suspendFile === undefined ? {} : { suspendFile: place.suspended }),
    ...(before === undefined ? {} : { kernel: kernel ?? before }),
    ...(process ? { process } : {}),
    ...(arriving ? { arriving } : {}),
  };
}

export function addressedSnapshot(
  snapshot: SnapshotRecord,
  places: Pick<Places, "guests" | "run">,
): SnapshotRecord {
  const { snapshots } = guestPlace(places, snapshot.guest);
  const here = (path: string) => join(snapshots, basename(path));
  return {
    ...snapshot,
    ...(snapshot.memoryFile === undefined ? {} : { memoryFile: here(snapshot.memoryFile) }),
    ...(snapshot.tpm === undefined ? {} : { tpm: here(snapshot.tpm) }),
  };
}
