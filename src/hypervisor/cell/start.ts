/**
 * Starts a program in a cell, so that it outlives the daemon.
 *
 *   daemon ── spawn ──► bubblewrap ── makes the cell ──► tells the program's process id, waits
 *          ── limits, control group (of the program's process, which is not yet the program's) ──►
 *          ── go ─────► setpriv (its own user and nothing else, where root starts it) ──► the program
 *
 * Until it goes on it ends with the daemon (PR_SET_PDEATHSIG, which setpriv takes back): one that nobody limited, and
 * nobody will remember, never runs. bubblewrap itself stays outside the cell, with no file open but the log, until the
 * program or the daemon ends.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { LodgeError } from "#contract/errors";
import { requirePair, startSession, type Session } from "#base/child";
import { detachedEnv, type Detached, type DetachedOptions } from "#base/detached";
import { howEnded } from "#base/endings";
import { commandMissing } from "#base/exec";
import { limitProcess, limits, openPipe } from "#base/libc";
import { processRef } from "#base/process";
import { bubblewrapArgs, type Bind } from "./bubblewrap.ts";
import type { CellHost } from "./host.ts";
import { openFilter } from "./filter.ts";
import type { Calls } from "./seccomp.ts";

export interface CellOptions extends DetachedOptions {
  readonly host: CellHost;
  /** The id of the user and group that it runs as, where root starts it. */
  readonly user: number;
  /** The id of its group, where that is another. */
  readonly group?: number;
  /** Capabilities that it keeps all the same: "net_admin". */
  readonly keeps?: readonly string[];
  /** What it may ask of the kernel besides the usual. */
  readonly calls?: Calls;
  /** It is root of this namespace of users, or of one of its own, with these capabilities there, and nobody outside. */
  readonly asRoot?: { readonly users: number | "own"; readonly capabilities: readonly string[] };
  /** Bytes that it may keep from being swapped out (default: none). */
  readonly lockedMemory?: number;
  /** So many files may it have open. */
  readonly openFiles?: number;
  /** What it sees besides the program, its libraries and its data. */
  readonly binds: readonly Bind[];
  readonly network: "none" | "host";
  /** Groups besides its own: those of devices that it may open. */
  readonly groups?: readonly number[];
  /** Bytes that no file it writes to becomes longer than. */
  readonly fileSize: number;
  readonly args: readonly string[];
  /** Done before its first instruction, with the process id that it will have. */
  readonly before?: (pid: number) => void | Promise<void>;
}

/** Of each guest's process; what it may take of memory and processors is its control group's affair. */
const most = { files: 4096, processes: 1024 } as const;

/** Capabilities that setpriv needs, and gives up. */
const setsUser = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

/** Starts it. @throws LodgeError host.command_missing; host.qemu_gone when the cell cannot be made: why is in the log. */
export async function startInCell(options: CellOptions): Promise<Detached> {
  const { host, descriptors = [], asRoot } = options;
  const log = openSync(options.log, "a", 0o640);
  const seccomp = openFilter(options.calls);
  const go = openPipe();
  try {
    if (go === undefined) throw new LodgeError("host.permission", { what: "connect a cell (pipe2)" });
    const own = 3 + descriptors.length;
    const users = typeof asRoot?.users === "number" ? [asRoot.users] : [];
    const args = bubblewrapArgs({
      binds: [...host.binds, ...options.binds],
      links: host.links,
      network: options.network,
      privileged: host.privileged,
      ...(asRoot ? { asRoot: users.length > 0 ? own + 3 : "own" } : {}),
      capabilities: capabilitiesOf(options),
      proc: true,
      endsWithParent: true,
      descriptors: { seccomp: own, block: own + 1, info: own + 2 },
      command: [
        host.setpriv,
        "--pdeathsig=clear",
        ...(host.privileged ? (asRoot ? ["--reuid=0", "--regid=0", "--clear-groups"] : userOf(options)) : []),
        "--",
        host.program,
        ...options.args,
      ],
    });
    const given = go;
    const { session, info } = startBubblewrap(host.bubblewrap, args, log, (told) => [
      ...descriptors,
      seccomp,
      given,
      told,
      ...users,
    ]);
    return await begun(session, info, () => writeSync(given, "go"), options);
  } finally {
    if (go !== undefined) closeSync(go);
    closeSync(seccomp);
    closeSync(log);
  }
}

/** @param inherited what it has open, with the descriptor in which it tells of the cell. @throws LodgeError host.command_missing */
function startBubblewrap(
  path: string,
  args: readonly string[],
  output: number,
  inherited: (told: number) => readonly number[],
): { readonly session: Session; readonly info: Readable } {
  const told = requirePair();
  try {
    const options = { env: detachedEnv, cwd: "/", output, descriptors: inherited(told.theirs) };
    const session = startSession(path, args, options);
    return { session, info: new Socket({ fd: told.ours, readable: true, writable: false }) };
  } catch (error) {
    closeSync(told.ours);
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? commandMissing(path, error) : error;
  } finally {
    closeSync(told.theirs);
  }
}

function capabilitiesOf({ host, keeps = [], asRoot }: CellOptions): string[] {
  const named = (names: readonly string[]) => names.map((name) => `CAP_${name.toUpperCase()}`);
  if (asRoot) return named(asRoot.capabilities);
  return host.privileged ? [...setsUser, ...named(keeps)] : [];
}

function userOf({ user, group = user, groups = [], keeps = [] }: CellOptions): string[] {
  const kept = keeps.map((name) => `,+${name}`).join("");
  return [
    `--reuid=${user}`,
    `--regid=${group}`,
    groups.length > 0 ? `--groups=${groups.join(",")}` : "--clear-groups",
    `--inh-caps=-all${kept}`,
    ...(keeps.length > 0 ? [`--ambient-caps=-all${kept}`] : []),
    `--bounding-set=-all${kept}`,
  ];
}

async function begun(
  session: Session,
  info: Readable,
  go: () => void,
  { host, before, fileSize, openFiles = most.files, lockedMemory = 0 }: CellOptions,
): Promise<Detached> {
  const ended = session.ended.then(howEnded);
  const pid = pidIn(await textOf(info));
  const process = pid === undefined ? undefined : processRef(pid);
  if (!process) {
    await ended;
    throw new LodgeError("host.qemu_gone");
  }
  try {
    limit(process.pid, host.privileged, openFiles);
    limitProcess(process.pid, limits.lockedMemory, lockedMemory);
    limitFiles(process.pid, fileSize);
    await before?.(process.pid);
    go();
  } catch (error) {
    session.kill("SIGKILL");
    throw error;
  }
  return { process, ended };
}

/** Without privilege all of a user's processes count together, so that their number is not bounded here. */
function limit(pid: number, privileged: boolean, openFiles: number): void {
  limitProcess(pid, limits.core, 0);
  limitProcess(pid, limits.files, openFiles);
  limitProcess(pid, limits.queues, 0);
  if (privileged) limitProcess(pid, limits.processes, most.processes);
}

/** What a program in a cell writes beyond that is refused, and ends it. */
export const limitFiles = (pid: number, bytes: number): boolean => limitProcess(pid, limits.fileSize, bytes);

/** To its end: bubblewrap writes it in pieces, and would be ended by a signal if nobody took the last of them. */
async function textOf(stream: Readable): Promise<string> {
  let text = "";
  for await (const piece of stream.setEncoding("utf8")) text += piece as string;
  return text;
}

const pidIn = (info: string): number | undefined => {
  const found = /"child-pid":\s*(\d+)/.exec(info)?.[1];
  return found === undefined ? undefined : Number(found);
};
