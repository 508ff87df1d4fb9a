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
import { lchown, mkdir, readdir, realpath } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { startDetached, type Detached } from "#base/detached";
import { complaintsFile, findProcesses } from "#base/find-process";
import { socketPair } from "#base/libc";
import type { ProcessRef } from "#base/process";
import { LodgeError } from "#contract/errors";
import { cellsFor, type CellHost } from "../cell/host.ts";
import { startInCell } from "../cell/start.ts";

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
  /** File that gets what swtpm prints; appended to. By it, below the guests' folder, the process is found again. */
  readonly log: string;
  /** The cell that it runs in, and whose it is there; undefined: in none. */
  readonly cell?: { readonly host: CellHost; readonly user: number | undefined } | undefined;
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
    const { process } = await start(place, own);
    return { process, socket };
  } catch (error) {
    closeSync(socket);
    throw error;
  } finally {
    closeSync(own);
  }
}

/** Where its folder is in its cell. */
const inCell = "/tpm";
/** Bytes of a file that it writes: its state has some ten thousand. */
const longestFile = 2 ** 24;

async function start({ guests, folder, log, cell }: TpmPlace, own: number): Promise<Detached> {
  const descriptors = [own];
  if (!cell) return startDetached("swtpm", swtpmArgs({ guests, folder }), { log, descriptors, cwd: guests });
  const { host, user } = cell;
  if (user !== undefined) await giveAway(folder, user);
  return startInCell({
    host: await cellsFor(host, "swtpm"),
    user: user ?? 0,
    binds: [{ from: folder, at: inCell, how: "write" }],
    network: "none",
    fileSize: longestFile,
    args: swtpmArgs({ guests: "/", folder: inCell }),
    log,
    descriptors,
    cwd: "/",
  });
}

/** The files of a folder that has no others below it. A link is given away itself, not what it leads to. */
async function giveAway(folder: string, user: number): Promise<void> {
  for (const path of [folder, ...(await readdir(folder)).map((name) => join(folder, name))])
    await lchown(path, user, user);
}

/** The TPMs of the guests in this folder. */
export async function tpmsOf(guests: string): Promise<ProcessRef[]> {
  const folder = await realpath(guests);
  return findProcesses(
    ([program = ""], pid) =>
      basename(program) === "swtpm" && complaintsFile(pid)?.startsWith(`${folder}/`) === true,
  );
}
