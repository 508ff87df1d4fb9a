/**
 * Takes the kernel out of a disk without mounting or booting it. It is what an accelerator is proved with
 * (see qemu/accel.ts); guests boot the one on their own disk.
 */
import { rename, rm, stat } from "node:fs/promises";
import { exec } from "#base/exec";

/** The newest kernel's name among what `debugfs -R 'ls -p /boot'` lists, a line "/inode/mode/uid/gid/name/size/" each. */
export function newestKernel(listing: string): string | undefined {
  const names = listing.split("\n").map((line) => line.split("/")[5] ?? "");
  const kernels = names.filter((name) => /^vmlinuz-[\w.+~-]+$/.test(name));
  return kernels.toSorted((a, b) => a.localeCompare(b, undefined, { numeric: true })).at(-1);
}

/**
 * Writes the newest kernel of an ext4 root file system, which begins at `offset` bytes of a raw disk, to the
 * file `target`. Answers false where there is none: that costs a proof, and is no failure of the image.
 */
export async function extractKernel(disk: string, offset: number, target: string): Promise<boolean> {
  const image = `${disk}?offset=${offset}`;
  const part = `${target}.part`;
  try {
    const { stdout } = await exec("debugfs", ["-R", "ls -p /boot", image]);
    const name = newestKernel(stdout);
    if (name === undefined || /[\s"]/.test(part)) return false;
    await exec("debugfs", ["-R", `dump /boot/${name} ${part}`, image]);
    if ((await stat(part)).size === 0) return false;
    await rename(part, target);
    return true;
  } catch {
    return false;
  } finally {
    await rm(part, { force: true });
  }
}
