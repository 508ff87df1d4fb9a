/** The disks of a new guest, from what its user asked for; and where a disk finds a place. Pure. */
import { LodgeError } from "#contract/errors";
import { mostDisks, type Disk, type NewDisk } from "#contract/schema/disk";
import { newId } from "#base/ids";
import { places, type Bus } from "#hypervisor/qemu/disk";
import { layerPath, type Layer, type LayerSource } from "../volume/layer.ts";
import { formatIn, isBareKind, placed, type PoolRecord } from "../volume/pool.ts";
import type { RecordedDisk } from "./record.ts";

/** What the first disk begins as, where that is not nothing. */
export interface Beginning {
  readonly file: {
    readonly path: string;
    readonly format: Disk["format"];
    readonly seed?: string;
    /** The files that it stands on. */
    readonly below?: readonly string[];
  };
  /** Bytes that it has: a disk has as many, or more. */
  readonly size: number;
  /** What its layer stands on. */
  readonly on: { readonly image: string } | { readonly below: string };
}

export interface NewDisks {
  readonly disks: readonly RecordedDisk[];
  readonly layers: readonly Layer[];
  readonly sources: readonly LayerSource[];
}

export interface NewDisksPlace {
  readonly folder: string;
  readonly createdAt: string;
  /** Those that disks name, by their names. */
  readonly pools?: ReadonlyMap<string, PoolRecord>;
  /** A new key for a layer, sealed for it, where they are to be encrypted. */
  readonly newKey?: (layer: string) => string;
}

export const placeOf = (disk: string): number => Number(disk.slice("disk".length));

/** Disks on virtio-scsi can come and go while the guest runs; the first never does. */
export const usualBus = (place: number): Bus => (place === 0 ? "virtio-blk" : "virtio-scsi");

/** The id of one more disk. @throws LodgeError disk.no_place */
export function freeId(taken: readonly Pick<Disk, "id">[], bus: Bus): string {
  for (let place = 0; place < places[bus]; place++) {
    const id = `disk${place}`;
    if (!taken.some((disk) => disk.id === id)) return id;
  }
  const reason =
    places[bus] === mostDisks
      ? `a guest has ${mostDisks} at most`
      : `disk0 to disk${places[bus] - 1} alone can be there`;
  throw new LodgeError("disk.no_place", { bus, reason });
}

/** @throws LodgeError disk.no_place, guest.disk_shrink, api.invalid, pool.no_format */
export function newDisks(
  asked: readonly NewDisk[],
  beginning: Beginning | undefined,
  usualSize: number,
  where: NewDisksPlace,
): NewDisks {
  const made: { disk: RecordedDisk; layer: Layer; source: LayerSource }[] = [];
  for (const [at, wanted] of asked.entries()) {
    const pool = wanted.pool === undefined ? undefined : where.pools?.get(wanted.pool);
    const { bus = usualBus(at) } = wanted;
    const sealed = where.newKey ? "qcow2" : undefined;
    const format = pool ? formatIn(pool, wanted.format ?? sealed) : (wanted.format ?? "qcow2");
    const first = at === 0 ? beginning : undefined;
    const size = wanted.size ?? first?.size ?? (at === 0 ? usualSize : undefined);
    if (size === undefined) {
      throw new LodgeError("api.invalid", { field: `disks.${at}.size`, reason: "an empty disk needs one" });
    }
    if (first && size < first.size) {
      throw new LodgeError("guest.disk_shrink", { size: words(size), minimum: words(first.size) });
    }
    const id = freeId(
      made.map(({ disk }) => disk),
      bus,
    );
    const layer = newId("l");
    const path = layerPath(where.folder, layer, format);
    const { createdAt, newKey } = where;
    if (newKey && format === "raw")
      throw new LodgeError("api.invalid", { field: `disks.${at}.format`, reason: "only qcow2 is encrypted" });
    // Nothing stands on an image there: it has all of it.
    const alone = format === "raw" || isBareKind(pool?.kind);
    const { place, of } = pool ? placed(pool, layer, format) : { place: {}, of: {} };
    made.push({
      disk: { id, bus, format, size, layer, ...(newKey ? { encrypted: true } : {}) },
      layer: {
        id: layer,
        path,
        format,
        createdAt,
        // A copy stands by itself.
        ...(alone ? {} : first?.on),
        ...of,
        ...(newKey ? { secret: newKey(layer) } : {}),
      },
      source: { ...sourceOf(path, format, size, first, alone), ...place },
    });
  }
  return {
    disks: made.map(({ disk }) => disk),
    layers: made.map(({ layer }) => layer),
    sources: made.map(({ source }) => source),
  };
}

function sourceOf(
  path: string,
  format: Disk["format"],
  size: number,
  first: Beginning | undefined,
  alone: boolean,
): LayerSource {
  if (!first) return { kind: "blank", path, format, size };
  // A fork's disk has its template's size until the state was loaded, and grows then.
  const larger = size > first.size && !("below" in first.on) ? { size } : {};
  return alone
    ? { kind: "copy", path, format, of: first.file, ...larger }
    : { kind: "overlay", path, over: first.file, ...larger };
}

const words = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 3)}G`;
