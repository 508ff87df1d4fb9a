/**
 * Serves a folder of the host's to a guest: a process of virtiofsd for each, which outlives the daemon as QEMU does.
 *
 *   daemon ── a listening socket ──► virtiofsd, in a cell of its own: it sees the folder and its libraries
 *          └─ one connected to it ─► QEMU, which speaks vhost-user over it and shows the guest's memory
 *
 * The sockets have no name, so nobody but this QEMU reaches it. It ends when QEMU lets go of its end. In its cell it is root of a
 * namespace of users in which root is the folder's owner (ids.ts): the kernel lets it do there what the owner may, and
 * what it makes there is his. It is nobody's root outside.
 */
import { closeSync, existsSync, fstatSync, statSync, type Stats } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { basename } from "node:path";
import { complaintsFile, findProcesses } from "#base/find-process";
import { commandMissing } from "#base/exec";
import { acceptablePair } from "#base/libc";
import { systemClock } from "#base/clock";
import type { Detached } from "#base/detached";
import type { ProcessRef } from "#base/process";
import { retry } from "#base/retry";
import { LodgeError } from "#contract/errors";
import type { Bind } from "../cell/bubblewrap.ts";
import { cellsFor, type CellHost } from "../cell/host.ts";
import { startInCell } from "../cell/start.ts";
import { openUserNamespace, type IdMaps } from "../cell/user-namespace.ts";

export interface FolderServer {
  readonly process: ProcessRef;
  /** QEMU's end. The caller closes it once QEMU has inherited it. */
  readonly socket: number;
}

export interface ServedFolder {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** It, opened: what is served is this, whatever lies at its path by then. */
  readonly folder: number;
  readonly readOnly: boolean;
  /** Whose files there are the guest's; undefined: those of the user who runs Lodge. */
  readonly ids: IdMaps | undefined;
  /** Where its sockets meet: a path in a folder that nobody else may write to. */
  readonly meeting: string;
  /** File that gets what it prints. By it, below the guests' folder, the process is found again. */
  readonly log: string;
  readonly cell: CellHost;
}

/** QEMU's own, up to 7.2 in C; since then a program of its own, in Rust. */
const programs = ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"] as const;

/** Where its folder is in its cell. */
const inCell = "/shared-folder";

/** What it does as the owner would: give and change files, also in the name of others in the guest. */
const keeps = ["chown", "dac_override", "fowner", "fsetid", "setgid", "setuid"] as const;
/** What it needs to begin, and gives up itself: to make the folder its root, to give up the rest for good. */
const begins = ["sys_chroot", "setpcap"] as const;
/** What it would keep if it had it: to make devices, and programs with more rights than who starts them. */
const without = ["mknod", "setfcap"] as const;

/** Of a guest's files that it has open or may still know: it has a descriptor for each. */
const openFiles = 2 ** 18;

/** A file may become as long as the disk has room for. */
const anyLength = Number.MAX_SAFE_INTEGER;

/** Its arguments: the one in C has "-o", and both lack extended attributes unless asked for. */
export function virtiofsdArgs(program: string, readOnly: boolean): string[] {
  const modcaps = without.map((name) => `-${name}`).join(":");
  if (program === programs[1])
    return [
      "-f",
      "--fd=3",
      "-o",
      `source=${inCell},sandbox=chroot,cache=auto,no_xattr,modcaps=${modcaps}`,
      "--rlimit-nofile=0",
    ];
  return [
    "--fd=3",
    `--shared-dir=${inCell}`,
    "--sandbox=chroot",
    "--cache=auto",
    `--modcaps=${modcaps}`,
    "--rlimit-nofile=0",
    "--log-level=warn",
    ...(readOnly ? ["--readonly"] : []),
  ];
}

/** @throws LodgeError host.command_missing */
export async function findVirtiofsd(): Promise<string> {
  for (const program of programs)
    if (
      await access(program).then(
        () => true,
        () => false,
      )
    )
      return program;
  throw commandMissing("virtiofsd", undefined);
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly descriptors: readonly number[];
}

/**
 * Starts it for a QEMU that is started next.
 *
 * @throws LodgeError host.command_missing, host.permission, host.qemu_gone with the reason in the log
 */
export async function serveFolder(served: ServedFolder): Promise<FolderServer> {
  const program = await findVirtiofsd();
  const pair = acceptablePair(served.meeting);
  if (!pair) throw new LodgeError("host.permission", { what: "connect a shared folder (socket)" });
  try {
    const args = virtiofsdArgs(program, served.readOnly);
    const { process } = await startBeside(served, { program, args, descriptors: [pair.listens] });
    return { process, socket: pair.calls };
  } catch (error) {
    closeSync(pair.calls);
    throw error;
  } finally {
    closeSync(pair.listens);
  }
}

/** Starts a program in the cell that a folder is served from. @throws LodgeError as serveFolder() */
export async function startBeside(
  { path, folder, readOnly, ids, log, cell }: Omit<ServedFolder, "meeting">,
  { program, args, descriptors }: Program,
): Promise<Detached> {
  const users = ids ? await openUserNamespace(ids) : undefined;
  try {
    const bind: Bind = { from: path, at: inCell, how: readOnly ? "read" : "write" };
    return await startInCell({
      host: await cellsFor(cell, program),
      user: 0,
      asRoot: { users: users ?? "own", capabilities: [...keeps, ...begins] },
      calls: { servesFiles: true },
      openFiles,
      binds: [bind],
      network: "none",
      fileSize: anyLength,
      args,
      log,
      descriptors,
      cwd: "/",
      before: (pid) => requireSame(pid, folder, path),
    });
  } finally {
    if (users !== undefined) closeSync(users);
  }
}

const same = (one: Stats, other: Stats): boolean => one.dev === other.dev && one.ino === other.ino;

/** Its path may lead elsewhere since it was looked at: by a link that somebody put there. */
async function requireSame(pid: number, folder: number, path: string): Promise<void> {
  const root = `/proc/${pid}/root`;
  const seen = await retry(
    async () => {
      // bubblewrap tells of its process before it has made the cell, and waits once it has.
      const made = existsSync(root + inCell) && !same(statSync(root), statSync("/"));
      if (!made) throw new LodgeError("host.qemu_gone");
      return statSync(root + inCell);
    },
    { clock: systemClock, first: 1, longest: 20, timeout: 5000, again: () => existsSync(root) },
  );
  if (same(seen, fstatSync(folder))) return;
  throw new LodgeError("share.refused", {
    path,
    reason: "another folder was put there while it was being shared",
    remedy: "See who may write to the folders that it lies in",
  });
}

/** Those of the guests in this folder. */
export async function folderServersOf(guests: string): Promise<ProcessRef[]> {
  const folder = await realpath(guests);
  return findProcesses(
    ([program = ""], pid) =>
      basename(program) === "virtiofsd" && complaintsFile(pid)?.startsWith(`${folder}/`) === true,
  );
}
