/** A disk as QEMU is told of it: with all its files and their keys, where it is encrypted. */
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import type { KeyedFile } from "#hypervisor/disk/keyed";
import { stackedNode } from "#hypervisor/qemu/disk";
import type { DiskPlan, LinkPlan } from "#hypervisor/qemu/plan";
import { secretId, type Passphrase } from "#hypervisor/qemu/secret";
import type { DiskKeys } from "../volume/disk-key.ts";
import { imageById } from "../image/record.ts";
import { chainOf, layerById, type Layer } from "../volume/layer.ts";
import { placeOf } from "./new-disks.ts";
import { diskSerial, type RecordedDisk } from "./record.ts";

export interface KeyParts {
  readonly store: Store;
  /** Opens the keys of encrypted disks. */
  readonly diskKeys?: DiskKeys;
}

export interface OpenableDisk {
  readonly plan: DiskPlan;
  /** What its files are opened with. */
  readonly secrets: readonly Passphrase[];
}

/** Of one that is not encrypted. */
export const diskPlan = (guest: string, { id, bus, size }: RecordedDisk, layer: Layer): DiskPlan => ({
  id,
  bus,
  file: layer.path,
  format: layer.format,
  ...(layer.device ? { device: true } : {}),
  size,
  serial: diskSerial(guest, id),
  place: placeOf(id),
});

/**
 * @param how `whole`: each of its files is named, since their headers may name them by where another host has them
 * @throws LodgeError volume.key_missing, store.secret_unreadable
 */
export async function openableDisk(
  parts: KeyParts,
  guest: string,
  disk: RecordedDisk,
  { whole = false }: { readonly whole?: boolean | undefined } = {},
): Promise<OpenableDisk> {
  const { store } = parts;
  const top = await layerById(store, disk.layer);
  const plan = diskPlan(guest, disk, top);
  if (top.secret === undefined) {
    if (disk.encrypted) throw new LodgeError("volume.key_missing", { volume: disk.id });
    if (!whole) return { plan, secrets: [] };
  }
  const layers = await chainOf(store, disk.layer);
  const secrets = layers.flatMap((layer) => passphrase(parts, layer) ?? []);
  const chain = layers.map((layer) => linkOf(disk.id, layer));
  const image = whole ? layers.at(-1)?.image : undefined;
  if (image !== undefined) chain.push(await imageLink(store, disk.id, image));
  return { plan: { ...plan, chain }, secrets };
}

async function imageLink(store: Store, disk: string, id: string): Promise<LinkPlan> {
  const { path, format } = (await imageById(store, id)).image;
  return { node: stackedNode(disk, id), file: path, format: format === "qcow2" ? "qcow2" : "raw" };
}

/** What qemu-img opens an encrypted layer and all below it with; undefined where it is not encrypted. */
export async function keyedChain(parts: KeyParts, layer: string): Promise<KeyedFile[] | undefined> {
  const layers = await chainOf(parts.store, layer);
  if (layers[0]!.secret === undefined) return undefined;
  return layers.map((one) => {
    const key = passphrase(parts, one);
    return { path: one.path, format: one.format, device: one.device ?? false, ...(key ? { key } : {}) };
  });
}

/** The file of an encrypted disk's layer. */
export const linkOf = (disk: string, { id, path, format, device, secret }: Layer): LinkPlan => ({
  node: stackedNode(disk, id),
  file: path,
  format,
  ...(device ? { device: true } : {}),
  ...(secret === undefined ? {} : { secret: secretId(id) }),
});

/** Undefined where it is not encrypted. @throws LodgeError store.secret_unreadable */
export function passphrase({ diskKeys }: KeyParts, layer: Layer): Passphrase | undefined {
  const data = diskKeys?.open(layer);
  return data === undefined ? undefined : { id: secretId(layer.id), data };
}
