/** The layers that a guest writes to next, over those that it writes to now. */
import { newId } from "#base/ids";
import type { Store } from "#durable/store/store";
import { hasCode } from "#contract/errors";
import { layerById, layerKey, layerPath, makeLayerFile, type Layer } from "../volume/layer.ts";
import type { KeyParts } from "./disk-plan.ts";
import { guestById, guestKey, onLayers, type Written } from "./record.ts";

export const newLayerIds = (tops: Written): Written =>
  Object.fromEntries(Object.keys(tops).map((what) => [what, newId("l")]));

/** The sealed keys of those of them that are encrypted: what is over an encrypted layer is so too. */
export type NextSecrets = Readonly<Record<string, string>>;

export async function newSecrets(
  { store, diskKeys }: KeyParts,
  tops: Written,
  ids: Written,
): Promise<NextSecrets> {
  const found: Record<string, string> = {};
  for (const [what, below] of Object.entries(tops))
    if ((await layerById(store, below)).secret !== undefined) found[what] = diskKeys!.make(ids[what]!);
  return found;
}

/** A new layer over each of these. Whatever is below it, it is qcow2. */
export const layersOver = (
  { folder, createdAt, secrets }: { folder: string; createdAt: string; secrets: NextSecrets | undefined },
  tops: Written,
  ids: Written,
): Record<string, Layer> =>
  Object.fromEntries(
    Object.entries(tops).map(([what, below]) => {
      const id = ids[what]!;
      const secret = secrets?.[what];
      const layer: Layer = {
        id,
        path: layerPath(folder, id),
        format: "qcow2",
        below,
        createdAt,
        ...(secret === undefined ? {} : { secret }),
      };
      return [what, layer];
    }),
  );

/** Makes the file of such a layer. */
export async function makeNext({ store, diskKeys }: KeyParts, layer: Layer): Promise<void> {
  await makeLayerFile(layer.path, await layerById(store, layer.below!), { key: diskKeys?.open(layer) });
}

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
