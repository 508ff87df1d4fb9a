/** A file system of its own in a file, mounted. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "#base/exec";

export const makers = {
  btrfs: ["mkfs.btrfs", "--quiet", "--force"],
  xfs: ["mkfs.xfs", "-q", "-f"],
  ext4: ["mke2fs", "-q", "-t", "ext4", "-F"],
} as const;

export interface Mounted extends AsyncDisposable {
  readonly at: string;
  unmount(): Promise<void>;
}

export async function mounted(kind: keyof typeof makers): Promise<Mounted> {
  const folder = await mkdtemp("/tmp/lodge-mounted-");
  const file = join(folder, "disk");
  const at = join(folder, "at");
  await mkdir(at);
  await exec("truncate", ["--size=400M", file]);
  const [command, ...args] = makers[kind];
  await exec(command, [...args, file]);
  await exec("mount", ["-o", "loop", file, at]);
  let there = true;
  const unmount = async () => {
    if (there) await exec("umount", [at]);
    there = false;
  };
  return {
    at,
    unmount,
    async [Symbol.asyncDispose]() {
      await unmount();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
