/**
 * What a guest has in the records of its host, and the one transaction that makes it another host's: all of it, or nothing.
 * Nobody has to be asked on the host that had it. Where both hosts' guests stand on a layer from then on, its file is nobody's to
 * remove any more.
 */
import { placeOf } from "#durable/store/partition";
import type { Compare, Item, ReadStore, Transaction } from "#durable/store/store";
import {
  attachedVolumes,
  guestKey,
  guestPrefix,
  writtenLayers,
  type GuestRecord,
} from "../../guest/record.ts";
import { heldLayers, recordKeys, snapshotPrefix, type SnapshotRecord } from "../../guest/snapshot/record.ts";
import { templatePrefix, type TemplateRecord } from "../../template/record.ts";
import { layerKey, layerPrefix, reachable, type Layer } from "../../volume/layer.ts";
import { volumeKey, volumeLayers, volumePrefix, type VolumeRecord } from "../../volume/record.ts";

/** Which layers a guest had that was taken over, until its old host has taken away what it still has of it: clear-away.ts. */
export const leftPrefix = "host/left-behind/";
export const leftKey = (guest: string): string => leftPrefix + guest;

export interface LeftBehind {
  readonly layers: readonly string[];
}

/** A host's records as they lie, under the keys that they have on it. */
export class HostRecords {
  readonly #store: ReadStore;
  readonly #host: string;

  constructor(store: ReadStore, host: string) {
    this.#store = store;
    this.#host = host;
  }

  async list<T>(prefix: string): Promise<(Item & { readonly value: T })[]> {
    const { items } = await this.#store.list(placeOf(this.#host, prefix));
    return items as (Item & { readonly value: T })[];
  }

  async get(key: string): Promise<Item | undefined> {
    return this.#store.get(placeOf(this.#host, key));
  }
}

export interface Belongings {
  readonly guest: GuestRecord;
  /** Of its record. */
  readonly revision: number;
  readonly snapshots: readonly SnapshotRecord[];
  readonly volumes: readonly VolumeRecord[];
  /** All that it and its snapshots stand on. */
  readonly layers: readonly Layer[];
  /** Ids of those that others on its host stand on too. */
  readonly common: ReadonlySet<string>;
}

/** Undefined: it is not there any more. */
export async function belongingsOf(
  store: ReadStore,
  host: string,
  id: string,
): Promise<Belongings | undefined> {
  const records = new HostRecords(store, host);
  const item = await records.get(guestKey(id));
  if (!item) return undefined;
  const guest = item.value as GuestRecord;
  const values = async <T>(prefix: string) => (await records.list<T>(prefix)).map(({ value }) => value);
  const [layers, guests, snapshots, templates, volumes] = await Promise.all([
    values<Layer>(layerPrefix),
    values<GuestRecord>(guestPrefix),
    values<SnapshotRecord>(snapshotPrefix),
    values<TemplateRecord>(templatePrefix),
    values<VolumeRecord>(volumePrefix),
  ]);
  const own = snapshots.filter((snapshot) => snapshot.guest === id);
  const standsOn = reachable(layers, rootsOf([guest], own, [], []));
  const others = reachable(
    layers,
    rootsOf(
      guests.filter((other) => other.id !== id),
      snapshots.filter((snapshot) => snapshot.guest !== id),
      templates,
      volumes,
    ),
  );
  const attached = new Set(attachedVolumes(guest));
  return {
    guest,
    revision: item.revision,
    snapshots: own,
    volumes: volumes.filter((volume) => attached.has(volume.id)),
    layers: layers.filter((layer) => standsOn.has(layer.id)),
    common: new Set([...standsOn].filter((layer) => others.has(layer))),
  };
}

const rootsOf = (
  guests: readonly GuestRecord[],
  snapshots: readonly SnapshotRecord[],
  templates: readonly Pick<TemplateRecord, "layer">[],
  volumes: readonly VolumeRecord[],
): string[] => [
  ...guests.flatMap((guest) => Object.values(writtenLayers(guest))),
  ...snapshots.flatMap((snapshot) => Object.values(heldLayers(snapshot))),
  ...templates.map(({ layer }) => layer),
  ...volumes.flatMap(volumeLayers),
];

/** Images that its disks stand on, by id. */
export const imagesBelow = ({ layers }: Pick<Belongings, "layers">): string[] => [
  ...new Set(layers.flatMap(({ image }) => image ?? [])),
];

/** Pools in which its disks are, by name. What says nothing of its pool is where the layer below it is. */
export const poolsBelow = ({ layers }: Pick<Belongings, "layers">): string[] => [
  ...new Set(layers.flatMap(({ pool }) => pool ?? [])),
];

/**
 * What makes it another host's. `guest` is what it is there.
 *
 * @throws TypeError where from and to are the same: there is nothing to move
 */
export function handOver(
  { revision, guest: before, snapshots, volumes, layers, common }: Belongings,
  { from, to, guest }: { readonly from: string; readonly to: string; readonly guest: GuestRecord },
  compare: readonly Compare[] = [],
): Transaction {
  if (from === to) throw new TypeError("a guest is where it is");
  const key = guestKey(before.id);
  const moved: readonly (readonly [string, unknown])[] = [
    [key, guest],
    ...layers.map((layer) => [layerKey(layer.id), common.has(layer.id) ? held(layer) : layer] as const),
    ...snapshots.flatMap((snapshot) => {
      const [record, name] = recordKeys(snapshot);
      return [[record!, withoutMemory(snapshot)] as const, [name!, snapshot.id] as const];
    }),
    ...volumes.map((volume) => [volumeKey(volume.id), volume] as const),
  ];
  const left: LeftBehind = { layers: layers.filter(({ id }) => !common.has(id)).map(({ id }) => id) };
  const stays = new Set(layers.filter(({ id }) => common.has(id)).map(({ id }) => layerKey(id)));
  return {
    compare: [{ key: placeOf(from, key), revision }, ...compare],
    put: [
      ...moved.map(([its, value]) => ({ key: placeOf(to, its), value })),
      { key: placeOf(from, leftKey(before.id)), value: left },
      ...layers
        .filter(({ id }) => common.has(id))
        .map((layer) => ({ key: placeOf(from, layerKey(layer.id)), value: held(layer) })),
    ],
    delete: moved.filter(([its]) => !stays.has(its)).map(([its]) => placeOf(from, its)),
  };
}

const held = (layer: Layer): Layer => ({ ...layer, elsewhere: true });

/** Its memory was in a file of the host that is lost: what is left of it are its disks. */
export function withoutMemory(snapshot: SnapshotRecord): SnapshotRecord {
  const { memoryFile, memoryKey: _key, paused: _paused, tpm: _tpm, cards: _cards, ...rest } = snapshot;
  return memoryFile === undefined ? snapshot : { ...rest, kind: "disks" };
}
