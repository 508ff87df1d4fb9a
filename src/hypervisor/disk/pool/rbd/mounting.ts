/** Mounts of the host's, by programs with a time limit: what is mounted here may not answer. */
import { readFile } from "node:fs/promises";
import { withTimeout } from "#base/deadline";
import { exec } from "#base/exec";
import { mountPoints } from "../mount.ts";

/** Milliseconds. */
const limit = 10_000;

export const bounded = async (
  command: string,
  args: readonly string[],
  { timeout = limit, descriptors = [] }: { readonly timeout?: number; readonly descriptors?: number[] } = {},
): Promise<string> =>
  (await withTimeout(exec(command, args, { timeout, descriptors }), timeout + 500, command)).stdout;

export const mounts = async (): Promise<Set<string>> =>
  mountPoints(await readFile("/proc/self/mountinfo", "utf8"));

/** Also one that is in use, or whose server is gone: nobody finds it any more. Idempotent. */
export async function unmount(path: string): Promise<void> {
  if (!(await mounts()).has(path)) return;
  try {
    await bounded("umount", ["--lazy", "--no-canonicalize", "--", path]);
  } catch (error) {
    // Somebody else may have done it meanwhile.
    if ((await mounts()).has(path)) throw error;
  }
}

/** A folder of the host's memory, in which mounts stay among themselves. Idempotent. */
export async function mountMemory(folder: string): Promise<void> {
  if ((await mounts()).has(folder)) return;
  const how = ["-o", "mode=0711,size=64m,nosuid,nodev,noexec", "--make-private"];
  await bounded("mount", ["-t", "tmpfs", ...how, "lodge-rbd", folder]);
}

/** A folder as a mount of its own: what is mounted in it comes to cells that see it, and to no others. Idempotent. */
export async function mountShared(folder: string): Promise<void> {
  if (!(await mounts()).has(folder)) await bounded("mount", ["--bind", "--make-shared", folder, folder]);
}

/** A file where another one is, which is there already. Idempotent. */
export async function mountFile(from: string, at: string): Promise<void> {
  if (!(await mounts()).has(at)) await bounded("mount", ["--bind", "--", from, at]);
}

/** What FUSE serves by this descriptor, as a file. Whoever its own owner and mode let may open it. */
export async function mountServed(at: string, descriptor: number): Promise<void> {
  const owner = "user_id=0,group_id=0,allow_other,default_permissions";
  const options = `fd=3,rootmode=100000,${owner},max_read=1048576,nosuid,nodev,noexec`;
  await bounded("mount", ["-i", "-t", "fuse", "-o", options, "lodge-rbd", at], { descriptors: [descriptor] });
}
