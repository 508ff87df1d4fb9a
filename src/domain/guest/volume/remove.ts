/** Removes a volume that is in no guest, and what is on it. */
import { defineOperation } from "#durable/operation/define";
import { collectLayers } from "../../volume/layer.ts";
import { volumeById, volumeKey, volumeNameKey } from "../../volume/record.ts";
import type { DestroyParts } from "../destroy.ts";

export function defineRemoveVolume({ fleet, layerRoots }: DestroyParts) {
  const { store, events } = fleet.parts;
  return defineOperation<{ readonly volume: string }, { readonly name: string }>({
    kind: "volume.delete",
    steps: [
      {
        name: "remove",
        commitPoint: true,
        async do({ input, commit }) {
          const { id, name, project } = await volumeById(store, input.volume);
          await commit({ delete: [volumeKey(id), volumeNameKey(project, name)] });
          events.append({ kind: "volume.removed", project, message: `volume ${name} was removed` });
        },
      },
      {
        name: "collect",
        async do() {
          await collectLayers(store, layerRoots);
        },
      },
    ],
  });
}
