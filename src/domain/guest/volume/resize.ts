/** Makes a volume larger that is in no guest. (One that is in a guest is resized as its disk.) */
import { defineOperation } from "#durable/operation/define";
import { growLayer, layerById } from "../../volume/layer.ts";
import { volumeItem } from "../../volume/record.ts";
import { openedWith } from "../files-below.ts";
import type { Fleet } from "../fleet.ts";

export interface VolumeResizeInput {
  readonly volume: string;
  /** Bytes. */
  readonly size: number;
}

export function defineResizeVolume({ fleet }: { readonly fleet: Fleet }) {
  const { store, events } = fleet.parts;
  return defineOperation<VolumeResizeInput, object, { readonly volume: string; readonly size: number }>({
    kind: "volume.resize",
    steps: [
      {
        // Recorded first: from then on it has this size.
        name: "grow",
        commitPoint: true,
        async do({ input: { volume: id, size }, commit }) {
          const { key, revision, value: volume } = await volumeItem(store, id);
          if (volume.place.kind !== "rest") throw new TypeError("a volume in a guest is resized as its disk");
          // It may have gone to another host since (domain/desktop/home-bring.ts).
          await commit({ compare: [{ key, revision }], put: [{ key, value: { ...volume, size } }] });
          const layer = await layerById(store, volume.place.layer);
          await growLayer(layer, size, await openedWith(fleet.parts, layer));
          const message = `volume ${volume.name} has ${size} bytes`;
          events.append({ kind: "volume.resized", project: volume.project, message });
        },
      },
    ],
    result: ({ input: { volume, size } }) => ({ volume, size }),
  });
}
