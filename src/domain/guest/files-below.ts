import type { Store } from "#durable/store/store";
import { imageById } from "../image/record.ts";
import { chainOf } from "../volume/layer.ts";

/** The files that a layer stands on, as the store has it: what its file says may be a guest's word. */
export async function filesBelow(store: Store, layer: string): Promise<string[]> {
  const [top, ...below] = await chainOf(store, layer);
  const image = [top!, ...below].findLast((each) => each.image !== undefined)?.image;
  const paths = below.map(({ path }) => path);
  return image === undefined ? paths : [...paths, (await imageById(store, image)).image.path];
}
