/**
 * Layers and images of a guest from outside get ids of this host's: what it says is called so there is nothing that is here already, and
 * nothing that comes later takes it for its own. Pure but for the ids.
 */
import { newId } from "#base/ids";
import type { Cargo } from "../migrate/cargo.ts";
import { fileName } from "../migrate/send-files.ts";
import type { GuestRecord } from "../record.ts";

export interface Renamed {
  readonly cargo: Cargo;
  /** What files are called at the source, by what they are called here. */
  readonly names: Readonly<Record<string, string>>;
}

export function renameLayers(cargo: Cargo): Renamed {
  const layers = new Map(cargo.layers.map(({ layer }) => [layer.id, newId("l")]));
  const images = new Map(cargo.images.map(({ id }) => [id, newId("i")]));
  const machine = <T extends Pick<GuestRecord, "disks" | "nvram">>(of: T): T => ({
    ...of,
    disks: of.disks.map((disk) => ({ ...disk, layer: layers.get(disk.layer)! })),
    ...(of.nvram === undefined ? {} : { nvram: layers.get(of.nvram)! }),
  });
  const names = [
    ...[...layers].map(([there, here]) => [fileName.layer(here), fileName.layer(there)]),
    ...[...images].map(([there, here]) => [fileName.image(here), fileName.image(there)]),
  ];
  return {
    names: Object.fromEntries(names) as Record<string, string>,
    cargo: {
      ...cargo,
      guest: machine(cargo.guest),
      layers: cargo.layers.map(({ layer, ...packed }) => {
        const { below, image, ...rest } = layer;
        return {
          ...packed,
          layer: {
            ...rest,
            id: layers.get(layer.id)!,
            ...(below === undefined ? {} : { below: layers.get(below)! }),
            ...(image === undefined ? {} : { image: images.get(image)! }),
          },
        };
      }),
      images: cargo.images.map((image) => ({ ...image, id: images.get(image.id)! })),
      snapshots: cargo.snapshots.map((snapshot) => ({ ...snapshot, machine: machine(snapshot.machine) })),
    },
  };
}
