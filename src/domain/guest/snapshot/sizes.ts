/** How large a snapshot is. Nobody writes to its layers any more: it stays so. */
import { stat } from "node:fs/promises";
import type { Store } from "#durable/store/store";
import { chainOf, measured } from "../../volume/layer.ts";
import type { Written } from "../record.ts";
import type { SnapshotRecord } from "./record.ts";

const occupied = async (path: string): Promise<number> => (await stat(path)).blocks * 512;

export async function sizesOf(
  store: Store,
  held: Written,
  memoryFile: string | undefined,
): Promise<Pick<SnapshotRecord, "size" | "shared" | "memorySize">> {
  let [size, shared] = [0, 0];
  for (const top of Object.values(held)) {
    for (const [at, { bytes }] of (await measured(await chainOf(store, top))).entries()) {
      if (at === 0) size += bytes;
      else shared += bytes;
    }
  }
  return { size, shared, ...(memoryFile === undefined ? {} : { memorySize: await occupied(memoryFile) }) };
}
