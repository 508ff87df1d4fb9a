/** What becomes of uploads that nobody goes on with, and of files that a daemon which was killed left behind. */
import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "#durable/store/store";
import { remove } from "#durable/store/update";
import { allUploads, patience, uploadKey } from "./record.ts";

/** Bytes that have arrived; none where there is no file. */
export async function stagedSize(folder: string, id: string): Promise<number> {
  const found = await stat(join(folder, id)).catch(() => undefined);
  return found?.size ?? 0;
}

/**
 * Removes records that have had no byte for a day, or whose file is gone, then every file without a record.
 * Answers with the ids of those that were removed.
 */
export async function sweepUploads(
  store: Store,
  folder: string,
  now: number,
  busy: (id: string) => boolean,
): Promise<string[]> {
  const kept = new Set<string>();
  const gone: string[] = [];
  for (const { id, createdAt } of await allUploads(store)) {
    const found = await stat(join(folder, id)).catch(() => undefined);
    const used = Math.max(Date.parse(createdAt), found?.mtimeMs ?? 0);
    if (busy(id) || (found && used + patience > now)) {
      kept.add(id);
      continue;
    }
    await remove(store, uploadKey(id));
    gone.push(id);
  }
  for (const name of await readdir(folder).catch(() => [])) {
    if (!kept.has(name) && !busy(name)) await unlink(join(folder, name));
  }
  return gone;
}
