/**
 * What a guest's cell sees of a pool of Ceph's: those images that are its disks. Links, as of other pools' files
 * (cell/view.ts), cannot lead to what is mounted. So the cell has a folder of its own, which is a shared mount: what the
 * daemon mounts in it comes to the cell as well, also to one that runs, and goes again.
 */
import { mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { rbdFolders } from "./connection.ts";
import {
  closeIdle,
  endExport,
  exportsIn,
  holdExport,
  inTurn,
  namesIn,
  openFolder,
  seersOf,
  viewsFolder,
} from "./export.ts";
import { bounded, mountFile, mounts, mountShared, unmount } from "./mounting.ts";

const viewOf = (folder: string, id: string): string => join(folder, viewsFolder, id);

/** The folder that a cell has where the pool's is: `at` that is seen as `root`. */
export interface RbdView {
  readonly root: string;
  readonly folder: string;
}

/** What a cell that is being made sees of each pool of Ceph's. */
export async function openViews(id: string): Promise<RbdView[]> {
  const views: RbdView[] = [];
  for (const root of rbdFolders()) {
    await openFolder(root);
    const folder = viewOf(root, id);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await mountShared(folder);
    views.push({ root, folder });
  }
  return views;
}

/** Can this guest be shown what is in that pool? */
export const canSee = async (id: string, path: string): Promise<boolean> =>
  (await mounts()).has(viewOf(dirname(path), id));

/**
 * Shows a guest one more image, or the same one again in another way: as its user's own, or to read alone.
 *
 * @throws PoolTrouble
 */
export async function showRbd(
  id: string,
  { path, write }: { readonly path: string; readonly write: boolean },
  user: number,
): Promise<void> {
  await using _held = await holdExport(path);
  const owner = write ? user : 0;
  await bounded("chown", [`${owner}:${owner}`, "--", path]);
  await bounded("chmod", [write ? "0600" : "0444", "--", path]);
  const at = join(viewOf(dirname(path), id), basename(path));
  await inTurn(path, async () => {
    if ((await mounts()).has(at)) return;
    await writeFile(at, "", { mode: 0 });
    await mountFile(path, at);
  });
}

/** Takes an image out of a guest's sight; where nobody else needs it, it is closed. Idempotent. */
export async function hideRbd(id: string, path: string): Promise<void> {
  const at = join(viewOf(dirname(path), id), basename(path));
  await inTurn(path, async () => {
    await unmount(at);
    await rm(at, { force: true });
  });
  await closeIdle(path);
}

/**
 * Ends what serves images to a guest that was killed, and to nobody else: where Ceph does not answer, its process would
 * not end before that, since the kernel waits for them.
 */
export async function releaseFrom(id: string): Promise<void> {
  for (const root of rbdFolders())
    for (const name of namesIn(viewOf(root, id))) {
      const path = join(root, name);
      if (seersOf(path).length === 1) await endExport(path);
    }
}

/** Takes away what a guest that has no process any more saw. Idempotent. */
export async function closeViews(id: string): Promise<void> {
  for (const root of rbdFolders()) {
    const folder = viewOf(root, id);
    for (const name of namesIn(folder)) await hideRbd(id, join(root, name));
    await unmount(folder);
    await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
}

/** Takes away what guests saw that are not kept, and ends what nobody needs any more: a daemon was killed before it did so. */
export async function sweepRbd(kept: (id: string) => boolean): Promise<void> {
  const gone = rbdFolders().flatMap((root) => namesIn(join(root, viewsFolder)).filter((id) => !kept(id)));
  for (const id of new Set(gone)) await closeViews(id);
  for (const root of rbdFolders()) for (const path of exportsIn(root)) await closeIdle(path);
}
