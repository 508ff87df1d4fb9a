/** The layers that a guest writes to next, over those that it writes to now. */
import { newId } from "#base/ids";
import type { Store } from "#durable/store/store";
import { hasCode } from "#contract/errors";
import { layerKey, layerPath, type Layer } from "../volume/layer.ts";
import { guestById, guestKey, onLayers, type Written } from "./record.ts";

export const newLayerIds = (tops: Written): Written =>
  Object.fromEntries(Object.keys(tops).map((what) => [what, newId("l")]));

/** A new layer over each of these. Whatever is below it, it is qcow2. */
export const layersOver = (
  folder: string,
  tops: Written,
  ids: Written,
  createdAt: string,
): Record<string, Layer> =>
  Object.fromEntries(
    Object.entries(tops).map(([what, below]) => {
      const id = ids[what]!;
      return [what, { id, path: layerPath(folder, id), format: "qcow2", below, createdAt } satisfies Layer];
    }),
  );

export const layerPuts = (layers: Readonly<Record<string, Layer>>) =>
  Object.values(layers).map((layer) => ({ key: layerKey(layer.id), value: layer }));

/** The record names the layers before QEMU writes to them: never the other way about. */
export async function nameLayers(
  store: Store,
  guest: string,
  layers: Readonly<Record<string, Layer>>,
): Promise<void> {
  for (;;) {
    const record = await guestById(store, guest);
    const item = (await store.get(guestKey(record.id)))!;
    try {
      await store.transact({
        compare: [{ key: item.key, revision: item.revision }],
        put: [...layerPuts(layers), { key: item.key, value: onLayers(item.value as typeof record, layers) }],
      });
      return;
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}
