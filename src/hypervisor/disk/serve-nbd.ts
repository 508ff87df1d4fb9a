/**
 * Files of disks, served by NBD on a unix socket while another host writes to them.
 *
 *   other host ── tunnel ── the daemon ── FOLDER/nbd ── qemu-storage-daemon ── the files
 *                                         in a cell: no network, these files, a user of its own
 *
 * One process for each connection: ended in order, it has written everything, and what its client had under way gets nowhere any
 * more. It outlives the daemon; who it is lies in FOLDER/process.json before its first instruction.
 */
import { createHash } from "node:crypto";
import { chmodSync, chownSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LodgeError } from "#contract/errors";
import { connectOwn } from "#base/own-socket";
import { startDetached } from "#base/detached";
import { endProcess, isAlive, processRef, signalProcess, waitGone, type ProcessRef } from "#base/process";
import type { Bind } from "../cell/bubblewrap.ts";
import { startInCell } from "../cell/start.ts";
import { serverCells } from "../cell/tool.ts";
import { entrust } from "../cell/view.ts";

export interface NbdFile {
  /** What its client calls it. */
  readonly name: string;
  readonly path: string;
  readonly format: string;
  /** Bytes of the disk. */
  readonly size: number;
  /** What it stands on, in whatever order. */
  readonly below: readonly string[];
}

const program = "qemu-storage-daemon";
/** Milliseconds to begin, and to write what is left. */
const patience = 15_000;
/** Bytes of a file beyond the disk that it has: its tables, and a log. */
const tables = 2 ** 30;

export const nbdSocket = (folder: string): string => join(folder, "nbd");
const processFile = (folder: string): string => join(folder, "process.json");
const logFile = (folder: string): string => join(folder, "log");

/** Serves them to whoever connects. None may be served in this folder already. @throws LodgeError host.command_failed */
export async function serveNbd(folder: string, files: readonly NbdFile[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const host = await serverCells(program);
  const args = argsFor(folder, files);
  const remember = (pid: number) => writeFileSync(processFile(folder), JSON.stringify(processRef(pid) ?? {}));
  const options = { log: logFile(folder), cwd: "/" };
  if (host) {
    const user = userOf(folder);
    for (const { path, below } of files) {
      entrust(path, true, user);
      for (const one of below) entrust(one, false, user);
    }
    // What it may make its socket in, and what is beside that.
    chownSync(folder, user, user);
    chmodSync(folder, 0o700);
    const paths = new Set(files.flatMap(({ below }) => below));
    const binds: Bind[] = [
      ...[...paths].map((from): Bind => ({ from, how: "read" })),
      ...files.map(({ path }): Bind => ({ from: path, how: "write" })),
      { from: folder, how: "write" },
    ];
    const fileSize = Math.max(...files.map(({ size }) => size)) * 2 + tables;
    await startInCell({ ...options, host, user, network: "none", binds, fileSize, args, before: remember });
  } else {
    const { process } = await startDetached(program, args, options);
    remember(process.pid);
  }
  await listens(folder);
}

/** Above the users of guests, and those of foreign images (cell/users.ts): each has its own, as far as chance goes. */
const userOf = (folder: string): number =>
  0x7ffe_0000 + (createHash("sha256").update(folder).digest().readUInt16BE(0) % 0xfff0);

function argsFor(folder: string, files: readonly NbdFile[]): string[] {
  const disks = files.flatMap(({ name, path, format }) => {
    const node = {
      driver: format,
      "node-name": name,
      discard: "unmap",
      "detect-zeroes": "unmap",
      file: { driver: "file", filename: path, discard: "unmap", aio: "threads" },
    };
    const served = { type: "nbd", id: `e-${name}`, "node-name": name, name, writable: true };
    return ["--blockdev", JSON.stringify(node), "--export", JSON.stringify(served)];
  });
  const server = {
    addr: { type: "unix", path: nbdSocket(folder) },
    "max-connections": 2 * files.length,
  };
  const [blockdevs, exports] = [disks.filter((_, at) => at % 4 < 2), disks.filter((_, at) => at % 4 >= 2)];
  return [...blockdevs, "--nbd-server", nested(server), ...exports];
}

/** Its server's address is an option with dots, and no JSON. */
const nested = ({
  addr,
  "max-connections": most,
}: {
  readonly addr: { readonly path: string };
  readonly "max-connections": number;
}): string => `addr.type=unix,addr.path=${addr.path.replaceAll(",", ",,")},max-connections=${most}`;

async function listens(folder: string): Promise<void> {
  const end = performance.now() + patience;
  while (performance.now() < end) {
    const socket = connectOwn(nbdSocket(folder));
    const there = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (there) return;
    const process = served(folder);
    if (!process || !isAlive(process)) break;
    await delay(20);
  }
  const detail = await lastWords(folder);
  throw new LodgeError("host.command_failed", { command: program, status: "it does not listen" }, { detail });
}

const lastWords = async (folder: string): Promise<string> =>
  (await readFile(logFile(folder), "utf8").catch(() => "")).trim().split("\n").at(-1) ?? "";

/** The process that serves there, or did; undefined: none was begun. */
function served(folder: string): ProcessRef | undefined {
  try {
    const found = JSON.parse(readFileSync(processFile(folder), "utf8")) as Partial<ProcessRef>;
    return found.pid === undefined ? undefined : (found as ProcessRef);
  } catch {
    return undefined;
  }
}

/** Does a process serve there? */
export function isServed(folder: string): boolean {
  const process = served(folder);
  return process !== undefined && isAlive(process);
}

/** Does it say of its files that something was not written? What it says of a client that went away is none of that. */
async function complains(folder: string): Promise<boolean> {
  const log = await readFile(logFile(folder), "utf8").catch(() => "");
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  return lines.some((line) => !/socket|negotiation|end-of-file/i.test(line));
}

/**
 * Ends it: nobody writes by it any more.
 *
 * @returns it has ended by itself when told to, and without complaint: all that its client was told is written is in the files
 */
export async function endNbd(folder: string): Promise<boolean> {
  const process = served(folder);
  let inOrder = false;
  if (process && isAlive(process)) {
    signalProcess(process, "SIGTERM");
    inOrder = await waitGone(process, patience);
    if (!inOrder) await endProcess(process, 0);
    inOrder &&= !(await complains(folder));
  }
  await rm(folder, { recursive: true, force: true });
  return inOrder;
}
