import { imageById } from "../../image/record.ts";
import { chainOf } from "../../volume/layer.ts";
import type { Fleet } from "../fleet.ts";

/** Lets a running guest's QEMU see all that a disk of this size is made of, and write to its topmost layer. */
export async function showChain({ parts }: Fleet, guest: string, top: string, size: number): Promise<void> {
  const { store, cells } = parts;
  for (const { id, path, image } of await chainOf(store, top)) {
    if (id === top) await cells?.giveTo(guest, path, size);
    else await cells?.showTo(guest, path);
    if (image !== undefined) await cells?.showTo(guest, (await imageById(store, image)).image.path);
  }
}
