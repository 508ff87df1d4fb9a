/** What a clone's file begins as. Pure. */
import type { DiskFormat } from "#hypervisor/disk/create";
import { layerPath, type Layer, type LayerSource } from "../../volume/layer.ts";
import { formatIn, isBareKind, placed, type PoolRecord } from "../../volume/pool.ts";

export interface Beginning {
  readonly source: LayerSource;
  readonly layer: Omit<Layer, "id" | "createdAt">;
}

export interface CloneOf {
  /**
   * twin: a file with the same content over the same below, which shares its blocks; overlay: an empty one over it;
   * copy: all that is on it, over nothing.
   */
  readonly how: "twin" | "overlay" | "copy";
  /** The layer that is cloned, which nobody writes to. */
  readonly of: Layer;
  /** The files that it stands on. */
  readonly below: readonly string[];
  readonly pool: PoolRecord;
  /** The folder of layers. */
  readonly folder: string;
}

export function beginningOf({ how, of, below: files, pool, folder }: CloneOf): {
  readonly format: DiskFormat;
  readonly make: (layer: string) => Beginning;
} {
  const { path: file, format: before } = of;
  const format = how === "overlay" ? "qcow2" : how === "twin" ? before : formatIn(pool, suited(pool, before));
  return {
    format,
    make(id) {
      const path = layerPath(folder, id, format);
      // An overlay is put where what it stands on is.
      if (how === "overlay") {
        const source = { kind: "overlay", path, over: { path: file, format: before } } as const;
        return { source, layer: { path, format, below: of.id } };
      }
      const { place, of: where } = placed(pool, id, format);
      const kind = how === "twin" ? "twin" : "copy";
      const from = { path: file, format: before, below: files };
      const source = { kind, path, format, of: from, ...place } as const;
      if (how === "copy") return { source, layer: { path, format, ...where } };
      const { below, image } = of;
      const stands = { ...(below === undefined ? {} : { below }), ...(image === undefined ? {} : { image }) };
      return { source, layer: { path, format, ...where, ...stands } };
    },
  };
}

/** The same format, where that pool keeps it. */
const suited = (pool: PoolRecord, format: DiskFormat): DiskFormat | undefined =>
  isBareKind(pool.kind) ? undefined : format;
