/** Volumes by where they are, without the pool: what layers' files need, whichever pool they are in. */
import { basename, dirname, extname, join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { withTimeout } from "#base/deadline";
import { exec } from "#base/exec";
import { cloneFile } from "../space.ts";
import { LvmPool, volumeNameOf } from "./lvm.ts";
import { always, PoolTrouble } from "./driver.ts";
import { isRbd } from "./rbd/connection.ts";
import { RbdPool } from "./rbd/rbd.ts";

/** Milliseconds. */
const patience = 20_000;

export const isDevice = (path: string): boolean => path.startsWith("/dev/");

/** Is it a disk alone, beside which there is no room for layers over it? */
export const isBare = (path: string): boolean => isDevice(path) || isRbd(path);

/**
 * Something with an image of Ceph's, which is in a folder that has its pool's name.
 * @throws LodgeError pool.unusable
 */
export async function withRbd<T>(path: string, work: (pool: RbdPool) => Promise<T>): Promise<T> {
  try {
    return await work(new RbdPool(dirname(path)));
  } catch (error) {
    if (!(error instanceof PoolTrouble)) throw error;
    const params = { pool: basename(dirname(path)), reason: error.message };
    throw new LodgeError("pool.unusable", params, { cause: error });
  }
}

const nameOf = (path: string): string => basename(path, extname(path));

/** Of a device's path, whatever its thin pool: for what is asked of the group alone. */
const groupOf = (path: string): LvmPool => new LvmPool(`${path.split("/")[2]}/any`);

/** By a program with a time limit: a server that is gone answers never. Idempotent. @throws LodgeError host.*; PoolTrouble */
export async function removeStored(path: string): Promise<void> {
  if (isRbd(path)) return withRbd(path, (pool) => pool.remove({ path }));
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
  if (isRbd(from)) await withRbd(from, (pool) => pool.clone({ path: from }, nameOf(to), signal));
  else if (isDevice(from)) await groupOf(from).clone({ path: from }, volumeNameOf(to));
  else await cloneFile(from, to, signal);
}

/** What is called this way in a pool that hosts share is called that way from now on, to all of them. Idempotent. @throws LodgeError pool.unusable */
export const renameRbd = (from: string, to: string): Promise<void> =>
  withRbd(from, (pool) => pool.rename({ path: from }, nameOf(to)));

/** Makes a disk where one is to be: an image of Ceph's, or a device in a thin pool ("GROUP/POOL"). */
export async function makeBare(path: string, thinPool: string | undefined, size: number): Promise<void> {
  if (isRbd(path)) await withRbd(path, (pool) => pool.create(nameOf(path), "raw", size));
  else if (thinPool === undefined) throw new TypeError(`nobody says which thin pool ${path} is to be in`);
  else await new LvmPool(thinPool).create(volumeNameOf(path), "raw", size);
}

export const growBare = (path: string, size: number): Promise<void> =>
  isRbd(path) ? withRbd(path, (pool) => pool.grow({ path }, size)) : groupOf(path).grow({ path }, size);

/** These can be opened by their paths while this is held. @throws LodgeError pool.unusable */
export async function holdStored(paths: readonly string[]): Promise<AsyncDisposable> {
  const wanted = paths.filter(isRbd);
  if (wanted.length === 0) return always;
  await using held = new AsyncDisposableStack();
  for (const path of wanted) held.use(await withRbd(path, (pool) => pool.use({ path })));
  return held.move();
}

/** Of an image of Ceph's, whether it is in use or not; undefined for all else, whose file tells. */
export async function bareSize(path: string): Promise<number | undefined> {
  return isRbd(path) ? withRbd(path, (pool) => pool.sizeOf({ path })) : undefined;
}

/** Bytes that an image of Ceph's takes; nothing where it does not answer. */
export async function bareUsed(path: string): Promise<number> {
  try {
    const [used] = await withRbd(path, (pool) => pool.used([{ path, format: "raw" }]));
    return used!;
  } catch (error) {
    if (hasCode(error, "pool.unusable")) return 0;
    throw error;
  }
}
