/**
 * Removes a folder of Lodge's own, whatever became of it. A build that was killed may have left file systems
 * mounted in it: they are taken off first, since removing would otherwise reach into them.
 */
import { readFile, realpath, rm } from "node:fs/promises";
import { exec } from "#base/exec";

/** Mount points below a folder, the last mounted first, as proc_pid_mountinfo(5) has them. */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  const points = mountinfo.split("\n").flatMap((line) => {
    const escaped = line.split(" ")[4];
    if (escaped === undefined) return [];
    // Blanks, tabs, line feeds and backslashes are written as octal numbers.
    return escaped.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
  });
  return points.filter((point) => point.startsWith(`${folder}/`)).toReversed();
}

/**
 * Removes the folder and all in it; that there is none is no error. With something mounted in it that cannot be
 * taken off, nothing is removed.
 *
 * @throws LodgeError host.command_failed; what removing throws.
 */
export async function removeTree(folder: string): Promise<void> {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined) return;
  // Lazily: whoever still uses it keeps it, but it is no longer in the tree.
  for (const point of mountsBelow(real, await readFile("/proc/self/mountinfo", "utf8")))
    await exec("umount", ["--lazy", "--", point]);
  await rm(real, { recursive: true, force: true });
}
