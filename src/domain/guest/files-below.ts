import type { Store } from "#durable/store/store";
import { imageById } from "../image/record.ts";
import { chainOf, type Layer } from "../volume/layer.ts";
import type { KeyParts } from "./disk-plan.ts";

/** The files that a layer stands on, as the store has it: what its file says may be a guest's word. */
export async function filesBelow(store: Store, layer: string): Promise<string[]> {
  const [top, ...below] = await chainOf(store, layer);
  const image = [top!, ...below].findLast((each) => each.image !== undefined)?.image;
  const paths = below.map(({ path }) => path);
  return image === undefined ? paths : [...paths, (await imageById(store, image)).image.path];
}

/** What is needed to change a layer's file: what it stands on and, where it is encrypted, its key alone. */
export async function openedWith({ store, diskKeys }: KeyParts, layer: Layer) {
  const key = diskKeys?.open(layer);
  return key === undefined ? { below: await filesBelow(store, layer.id) } : { key };
}
