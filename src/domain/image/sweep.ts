/**
 * What an earlier daemon may have left in the images' folder. Operations undo themselves; this finds what
 * they could not, for example because the store was put back from a backup.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "#durable/store/store";
import { removeTree } from "#hypervisor/host/remove-tree";
import { idPattern, imageKey } from "./record.ts";

/** The folders named like an image's id. To be called before operations are taken up or started. */
export async function imageFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map(({ name }) => name);
}

/**
 * Removes those folders that no image has. To be called once the operations that were taken up have ended;
 * folders made since `found` was listed are not touched. Answers with what it removed.
 */
export async function sweepImages(store: Store, folder: string, found: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  for (const id of found) {
    if (await store.get(imageKey(id))) continue;
    await removeTree(join(folder, id));
    removed.push(id);
  }
  return removed;
}
