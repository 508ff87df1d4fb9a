/** Do pools keep what they promise on the file systems that they are made for? Mounts small ones; boots nothing. */
import { poolConformance } from "#hypervisor/disk/pool/conformance";
import { DirectoryPool } from "#hypervisor/disk/pool/directory";
import type { PoolDriver } from "#hypervisor/disk/pool/driver";
import { SharedPool } from "#hypervisor/disk/pool/mount";
import { mounted, type makers } from "./mounted.ts";

function conforms(
  name: string,
  kind: keyof typeof makers,
  reflink: boolean,
  driver: (at: string) => PoolDriver,
): void {
  poolConformance(name, async () => {
    const file = await mounted(kind);
    return {
      driver: driver(file.at),
      reflink,
      break: () => file.unmount(),
      dispose: async () => file[Symbol.asyncDispose](),
    };
  });
}

const directory = (at: string) => new DirectoryPool(at);
conforms("a folder on btrfs", "btrfs", true, directory);
conforms("a folder on XFS", "xfs", true, directory);
conforms("a folder on ext4", "ext4", false, directory);
conforms("a shared mount", "xfs", true, (at) => new SharedPool(at));
