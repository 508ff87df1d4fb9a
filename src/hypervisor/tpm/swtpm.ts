/**
 * A guest's TPM 2.0: a process of swtpm beside its QEMU, which outlives the daemon as QEMU does.
 *
 *   daemon ── socketpair(2) ─┬─► swtpm: its control channel
 *                            └─► QEMU, which sends swtpm over it a channel of its own for the TPM's commands
 *
 * The pair has no name, so nobody but this QEMU reaches the TPM. swtpm ends (--terminate) when the channel that
 * QEMU sent is closed, so when QEMU is gone, however it went. Until QEMU has sent one, who started swtpm ends it.
 */
import { closeSync } from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { basename, relative } from "node:path";
import { startDetached } from "#base/detached";
import { findProcesses, workingFolder } from "#base/find-process";
import { socketPair } from "#base/libc";
import type { ProcessRef } from "#base/process";
import { LodgeError } from "#contract/errors";

export interface Tpm {
  readonly process: ProcessRef;
  /** QEMU's end of the pair. The caller closes it once QEMU has inherited it. */
  readonly socket: number;
}

export interface TpmPlace {
  /** Folder of the guests' folders. */
  readonly guests: string;
  /** Folder of the TPM's state, below it: made where it is missing, and then holds a new TPM. */
  readonly folder: string;
  /** File that gets what swtpm prints; appended to. */
  readonly log: string;
}

/**
 * The arguments of swtpm (see its manual). The state's folder is a path from where swtpm is started, which has
 * no character that swtpm's own syntax knows, whatever the home is called.
 */
export const swtpmArgs = ({ guests, folder }: Pick<TpmPlace, "guests" | "folder">): string[] => [
  "socket",
  "--tpm2",
  "--tpmstate",
  `dir=${relative(guests, folder)},mode=0600`,
  "--ctrl",
  "type=unixio,clientfd=3",
  "--terminate",
];

/** Starts a TPM for a QEMU that is started next. @throws LodgeError host.command_missing, host.permission */
export async function startTpm(place: TpmPlace): Promise<Tpm> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  const pair = socketPair();
  if (!pair) throw new LodgeError("host.permission", { what: "connect a TPM (socketpair)" });
  const [socket, own] = pair;
  try {
    const options = { log: place.log, descriptors: [own], cwd: place.guests };
    const { process } = await startDetached("swtpm", swtpmArgs(place), options);
    return { process, socket };
  } catch (error) {
    closeSync(socket);
    throw error;
  } finally {
    closeSync(own);
  }
}

/** The TPMs of the guests in this folder: they work in it. */
export async function tpmsOf(guests: string): Promise<ProcessRef[]> {
  const folder = await realpath(guests);
  return findProcesses(
    ([program = ""], pid) => basename(program) === "swtpm" && workingFolder(pid) === folder,
  );
}
