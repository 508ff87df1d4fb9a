/**
 * Where a layer's bytes are. Each layer has its path in the folder of layers, by which QEMU, other layers' headers and
 * records name it; one in a pool elsewhere is a link there, so that nothing but this file has to know of it.
 *
 *   HOME/layers/l0123.qcow2                              in the default pool
 *   HOME/layers/l4567.qcow2 ──► /srv/fast/lodge/l4567.qcow2      in another
 *   HOME/layers/l89ab.raw   ──► /dev/vg0/lodge-l89ab             in one of LVM
 *   HOME/layers/lcdef.raw   ──► HOME/rbd/POOL/lcdef.raw          in one of Ceph, while it is in use
 */
import { lstat, mkdir, readlink, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LodgeError } from "#contract/errors";
import { forgetFile } from "#hypervisor/cell/view";
import { isBare, removeStored } from "#hypervisor/disk/pool/stored";

/** Where it is, if that is not its path. */
export async function storedAt(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EINVAL" || code === "ENOENT") return undefined;
    throw error;
  }
}

/** Says where a layer will be, before its file is made: through the link it is made there. Idempotent. */
export async function linkTo(path: string, at: string): Promise<void> {
  if ((await storedAt(path)) === at) return;
  await mkdir(dirname(path), { recursive: true });
  await symlink(at, path);
}

/**
 * The same of a layer that is there already: whatever is in the place of its link is none of it, but of a move to this host that came to
 * nothing, or of an earlier stay. Idempotent.
 */
export async function leadTo(path: string, at: string): Promise<void> {
  if ((await storedAt(path)) === at) return;
  await rm(path, { force: true });
  await linkTo(path, at);
}

/**
 * Where a layer over this one belongs: besides it, where that is a file in a pool. On a block device, or an image of
 * Ceph's, nothing but what is there has room, so what stands on it is in the default pool.
 */
export async function placeBesides(below: string, path: string): Promise<string | undefined> {
  if (dirname(below) !== dirname(path)) return undefined;
  const at = await storedAt(below);
  return at === undefined || isBare(at) ? undefined : join(dirname(at), basename(path));
}

/** Where a file is while it comes from another host. */
export const partialPath = (path: string): string => `${path}.partial`;

/**
 * Removes a layer's file, wherever it is; idempotent.
 * @returns false: its pool cannot be used, and it is still there, with its link.
 */
export async function removeLayerFile(path: string): Promise<boolean> {
  const at = await storedAt(path);
  // A cell's link keeps a file's space.
  forgetFile(path);
  if (at !== undefined) {
    try {
      await removeStored(at);
    } catch (error) {
      if (error instanceof LodgeError) return false;
      throw error;
    }
  }
  await Promise.all([path, partialPath(path)].map((file) => rm(file, { force: true })));
  return true;
}

/** Takes a layer's link away, and leaves what it leads to to others. Idempotent. */
export async function unlinkLayer(path: string): Promise<void> {
  if ((await storedAt(path)) === undefined) return;
  forgetFile(path);
  await rm(path, { force: true });
}

/** Is it there, as a file or as a link that leads nowhere? */
export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
