/**
 * A template's RAM: a file in memory that outlives the daemon and that no fork can write to.
 *
 *   create ──► filling (QEMU boots in it, or load() copies it from disk) ──► sealed ──► released
 *
 * The memory lives as long as some process has it open. That process is the holder: `sleep infinity`
 * with the file as its descriptor 3, which costs under a MiB and cannot misbehave. Whoever needs the
 * file opens it again as /proc/HOLDER/fd/3; QEMU gets it as an inherited descriptor. Guests that map it
 * keep it alive by themselves: a dead holder stops new forks only, and load() makes a new one.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { rename, rm } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import { findProgram, startSession } from "#base/child";
import { systemClock } from "#base/clock";
import { commandMissing, exec, searchPath } from "#base/exec";
import { endProcess, isAlive, processRef, type ProcessRef } from "#base/process";
import { retry } from "#base/retry";
import { createMemfd, isSealed, sealMemfd } from "./memfd.ts";

const descriptor = 3;
const pathOf = (holder: ProcessRef) => `/proc/${holder.pid}/fd/${descriptor}`;

/** The RAM's name tells whose it is: only so can a holder that nobody remembers be found. */
const nameFor = (owner: string) => `lodge-ram ${owner}`;

/** Makes an empty RAM file of `size` bytes and the process that holds it. `owner`: the same for one Lodge always. */
export async function createRam(size: number, owner: string): Promise<ProcessRef> {
  const sleep = findProgram("sleep", searchPath());
  if (sleep === undefined) throw commandMissing("sleep", undefined);
  const fd = createMemfd(nameFor(owner));
  try {
    ftruncateSync(fd, size);
    const options = { name: "sleep", env: {}, cwd: "/", descriptors: [fd] };
    const { pid } = startSession(sleep, ["infinity"], options);
    const holder = processRef(pid);
    if (!holder)
      throw new LodgeError("host.permission", { what: "keep a process that holds a template's memory" });
    return holder;
  } finally {
    closeSync(fd);
  }
}

/** An empty RAM file for a QEMU that shares it with others; lives as long as they do. The caller closes the descriptor. */
export function newRam(size: number): number {
  const fd = createMemfd("lodge-guest-ram");
  ftruncateSync(fd, size);
  return fd;
}

/** Opens the RAM for a QEMU to inherit; the caller closes the descriptor after the spawn. */
export function openRam(holder: ProcessRef): number {
  if (!isAlive(holder)) throw new LodgeError("template.not_found", { template: "in memory" });
  return openSync(pathOf(holder), "r+");
}

/**
 * Seals the RAM against writing, for ever. Every QEMU that had it mapped shared must be gone; the last
 * threads of one that has just ended may hold the mapping a moment longer, so this waits up to 5 s.
 */
export async function sealRam(holder: ProcessRef, signal?: AbortSignal): Promise<void> {
  const fd = openRam(holder);
  try {
    if (isSealed(fd)) return;
    const attempt = async () => sealMemfd(fd);
    await retry(attempt, { clock: systemClock, first: 2, longest: 50, timeout: 5000, signal });
  } finally {
    closeSync(fd);
  }
}

export function isRamSealed(holder: ProcessRef): boolean {
  const fd = openRam(holder);
  try {
    return isSealed(fd);
  } finally {
    closeSync(fd);
  }
}

/** Bytes of host memory that the RAM takes. */
export const residentBytes = (holder: ProcessRef): number => {
  try {
    return isAlive(holder) ? statSync(pathOf(holder)).blocks * 512 : 0;
  } catch {
    return 0;
  }
};

/** Copies the RAM to a sparse file, from which load() makes it again after a reboot of the host. */
export async function saveRam(holder: ProcessRef, path: string, signal?: AbortSignal): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await exec("cp", ["--sparse=always", pathOf(holder), partial], {
      timeout: 0,
      ...(signal ? { signal } : {}),
    });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Makes a sealed RAM again from the file that saveRam() wrote. */
export async function loadRam(
  path: string,
  size: number,
  owner: string,
  signal?: AbortSignal,
): Promise<ProcessRef> {
  const holder = await createRam(size, owner);
  try {
    await exec("cp", ["--sparse=always", path, pathOf(holder)], {
      timeout: 0,
      ...(signal ? { signal } : {}),
    });
    await sealRam(holder, signal);
    return holder;
  } catch (error) {
    await releaseRam(holder);
    throw error;
  }
}

/** Lets go of the RAM: the host has its memory back once the last guest that maps it is gone. */
export const releaseRam = (holder: ProcessRef): Promise<void> => endProcess(holder);

/** Ends the owner's holders whose process ids are not to be kept: a daemon was killed before it wrote them down. */
export async function endOtherHolders(owner: string, kept: ReadonlySet<number>): Promise<void> {
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || kept.has(pid) || pid === process.pid) continue;
    const ref = processRef(pid);
    if (ref && holdsRam(ref, owner)) await endProcess(ref);
  }
}

/** Is this a holder of the owner's? QEMUs map the file too; a holder is told by its being nothing else than `sleep`. */
export function holdsRam(ref: ProcessRef, owner: string): boolean {
  try {
    if (!isAlive(ref)) return false;
    if (readFileSync(`/proc/${ref.pid}/comm`, "utf8").trim() !== "sleep") return false;
    return readlinkSync(pathOf(ref)) === `/memfd:${nameFor(owner)} (deleted)`;
  } catch {
    return false;
  }
}
