/** Volumes by where they are, without the pool: what layers' files need, whichever pool they are in. */
import { basename, dirname, join } from "node:path";
import { hasCode } from "#contract/errors";
import { withTimeout } from "#base/deadline";
import { exec } from "#base/exec";
import { cloneFile } from "../space.ts";
import { LvmPool, volumeNameOf } from "./lvm.ts";

/** Milliseconds. */
const patience = 20_000;

export const isDevice = (path: string): boolean => path.startsWith("/dev/");

/** Of a device's path, whatever its thin pool: for what is asked of the group alone. */
const groupOf = (path: string): LvmPool => new LvmPool(`${path.split("/")[2]}/any`);

/** By a program with a time limit: a server that is gone answers never. Idempotent. @throws LodgeError host.*; PoolTrouble */
export async function removeStored(path: string): Promise<void> {
  if (isDevice(path)) return groupOf(path).remove({ path, format: "raw" });
  const run = (command: string, args: readonly string[]) =>
    withTimeout(exec(command, args, { timeout: patience }), patience + 500, command);
  await run("rm", ["--force", "--", path]);
  // Cells' links keep its space: hypervisor/cell/view.ts. Where there are no cells, there is no such folder.
  const views = [join(dirname(path), ".cells"), "-mindepth", "2", "-maxdepth", "2"];
  await run("find", [...views, "-name", basename(path), "-delete"]).catch((error: unknown) => {
    if (!hasCode(error, "host.command_failed")) throw error;
  });
}

/** Copies one, within its pool, by sharing where that can. */
export async function copyStored(from: string, to: string, signal?: AbortSignal): Promise<void> {
  if (isDevice(from)) await groupOf(from).clone({ path: from }, volumeNameOf(to));
  else await cloneFile(from, to, signal);
}

/** Makes a device in a thin pool ("GROUP/POOL") where one is to be. */
export async function makeDevice(path: string, thinPool: string, size: number): Promise<void> {
  await new LvmPool(thinPool).create(volumeNameOf(path), "raw", size);
}

export const growDevice = (path: string, size: number): Promise<void> => groupOf(path).grow({ path }, size);
