/** The driver of a pool, by its kind. */
import { DirectoryPool } from "./directory.ts";
import type { PoolDriver } from "./driver.ts";
import { LvmPool } from "./lvm.ts";
import { SharedPool } from "./mount.ts";
import { RbdPool } from "./rbd/rbd.ts";

/**
 * `target`: where its volumes are: a folder, a thin pool, or of one of Ceph's the folder where its images are files.
 * @throws PoolTrouble where the target is none for this kind
 */
export function openPool(kind: "directory" | "shared" | "lvm" | "rbd", target: string): PoolDriver {
  switch (kind) {
    case "directory":
      return new DirectoryPool(target);
    case "shared":
      return new SharedPool(target);
    case "lvm":
      return new LvmPool(target);
    case "rbd":
      return new RbdPool(target);
  }
}
