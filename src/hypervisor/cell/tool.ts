/**
 * Runs a program of the host's on files that somebody else made, to its end, in a cell: it sees its own libraries and
 * these files, has no network, no process but itself and bounded memory, processor time and space. It ends with the
 * daemon. A cell takes some 15 ms to make, so nothing that somebody waits for by the millisecond goes through here.
 *
 *   root                     namespaces of its own; one capability, to open what it was given whoever's it is
 *   root without net_admin   a namespace of users as well, which gives what making the others takes
 *   a user                   likewise
 *   a user whose host forbids namespaces: the program alone, with its limits; 'lodge doctor' says so
 */
import { closeSync, existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { namelessFile } from "#base/nameless-file";
import { commandMissing, exec, searchPath, type ExecOptions, type ExecResult } from "#base/exec";
import { bubblewrapArgs, type Bind, type CellPlan } from "./bubblewrap.ts";
import { openFilter } from "./filter.ts";
import { programFiles, type ProgramFiles } from "./program.ts";
import { cellsFor, type CellHost } from "./host.ts";

export interface Tool {
  readonly program: string;
  /** Or what makes them of the paths of `data`. */
  readonly args: readonly string[] | ((data: readonly string[]) => readonly string[]);
  /** What it reads besides, and nobody else: each as a file of the cell's own. */
  readonly data?: readonly string[];
  /** Absolute paths of files that it may read, and of those that it may write, which are there already. */
  readonly read: readonly string[];
  readonly write?: readonly string[];
  readonly limits: ToolLimits;
}

export interface ToolLimits {
  /** Bytes of address space. */
  readonly memory: number;
  /** Seconds of processor time. */
  readonly cpu: number;
  /** Bytes of the largest file that it may write. */
  readonly file: number;
}

/** How a tool is started. Its descriptors are closed when it was. */
export interface ToolCommand extends Disposable {
  readonly command: string;
  readonly args: readonly string[];
  /** What it inherits: the first as its 3. */
  readonly descriptors: readonly number[];
  readonly env: Readonly<Record<string, string>>;
}

/** How cells can be made here. */
export type Making = "plain" | "with-users" | "none";

const devices: readonly Bind[] = ["/dev/null", "/dev/urandom"].map((from) => ({ from, how: "device" }));
const filterAt = 3;

let allowed = false;
let making: Promise<Making> | undefined;
const files = new Map<string, Promise<ProgramFiles & { readonly path: string }>>();

/** From now on tools may run without cells where there can be none: the daemon was started so. */
export const allowWithoutCells = (): void => void (allowed = true);
export const withoutCells = (): boolean => allowed;

/** How this host lets cells for tools be made; tried once. */
export const toolMaking = (): Promise<Making> => (making ??= tryOut());

async function tryOut(): Promise<Making> {
  const command = "/bin/true";
  for (const how of process.getuid?.() === 0
    ? (["plain", "with-users"] as const)
    : (["with-users"] as const)) {
    const { links, binds } = await programFiles(command);
    try {
      await exec("bwrap", planned(how, { links, binds: [...binds, ...devices] }, [command]));
      return how;
    } catch (error) {
      if (hasCode(error, "host.command_missing")) break;
      if (!hasCode(error, "host.command_failed")) throw error;
    }
  }
  return "none";
}

const planned = (
  how: "plain" | "with-users",
  seen: Pick<ProgramFiles, "links" | "binds">,
  command: readonly string[],
  filter?: number,
  data: CellPlan["data"] = [],
): string[] =>
  bubblewrapArgs({
    ...seen,
    network: "none",
    privileged: how === "plain",
    // Layers belong to their guests' users.
    capabilities: how === "plain" ? ["CAP_DAC_OVERRIDE"] : [],
    // Files of /proc/sys are root's to write, with no capability at all.
    proc: false,
    endsWithParent: true,
    data,
    descriptors: filter === undefined ? {} : { seccomp: filter },
    command,
  });

async function locate(program: string): Promise<string> {
  for (const folder of searchPath().split(delimiter)) {
    const path = join(folder, program);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  throw commandMissing(program, undefined);
}

async function filesOf(program: string): Promise<ProgramFiles & { readonly path: string }> {
  const path = await locate(program);
  return { path, ...(await programFiles(path)) };
}

/**
 * What runs this tool in its cell.
 *
 * @throws LodgeError host.command_missing, host.cell_unavailable
 */
export async function toolCommand(tool: Tool): Promise<ToolCommand> {
  const { program, read, write = [], data = [], limits } = tool;
  const argsFor = (paths: readonly string[]) =>
    typeof tool.args === "function" ? tool.args(paths) : tool.args;
  const env = { MALLOC_ARENA_MAX: "2" };
  const bounds = [
    `--as=${limits.memory}`,
    `--cpu=${limits.cpu}`,
    `--fsize=${limits.file}`,
    "--core=0",
    "--nofile=256",
  ];
  const how = await toolMaking();
  if (how === "none") {
    const asRoot = process.getuid?.() === 0;
    if (asRoot && !allowed) {
      await locate("bwrap");
      throw new LodgeError("host.cell_unavailable", { reason: "no namespaces can be made" });
    }
    const descriptors = data.map(namelessFile);
    return {
      command: "prlimit",
      args: [...bounds, program, ...argsFor(descriptors.map((_, at) => `/proc/self/fd/${filterAt + at}`))],
      descriptors,
      env,
      [Symbol.dispose]: () => descriptors.forEach((one) => closeSync(one)),
    };
  }
  if (!files.has(program)) files.set(program, filesOf(program));
  const found = await files.get(program)!.catch((error: unknown) => {
    files.delete(program);
    throw error;
  });
  const binds: Bind[] = [
    ...found.binds,
    ...devices,
    ...read.filter((path) => existsSync(path)).map((from): Bind => ({ from, how: "read" })),
    ...write.map((from): Bind => ({ from, how: "write" })),
  ];
  const given = data.map((_, at) => ({ descriptor: filterAt + 1 + at, at: `/given-${at}` }));
  const command = [found.path, ...argsFor(given.map(({ at }) => at))];
  const cell = planned(how, { binds, links: found.links }, command, filterAt, given);
  const descriptors = [openFilter(), ...data.map(namelessFile)];
  return {
    command: "prlimit",
    args: [...bounds, "bwrap", ...cell],
    descriptors,
    env,
    [Symbol.dispose]: () => descriptors.forEach((one) => closeSync(one)),
  };
}

/** Runs it to its end. @throws LodgeError as `exec`, and host.cell_unavailable */
export async function execTool(tool: Tool, options: ExecOptions = {}): Promise<ExecResult> {
  using cell = await toolCommand(tool);
  const { descriptors, env } = cell;
  return await exec(cell.command, cell.args, { ...options, descriptors, env, name: tool.program });
}

/**
 * Cells for a server of the host's that root starts, which becomes another user in its own; undefined where there are
 * none, and need not be.
 *
 * @throws LodgeError host.command_missing, host.cell_unavailable
 */
export async function serverCells(program: string): Promise<CellHost | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const how = await toolMaking();
  if (how === "plain") {
    const [bubblewrap, setpriv] = await Promise.all([locate("bwrap"), locate("setpriv")]);
    return cellsFor({ program, bubblewrap, setpriv, privileged: true, binds: [], links: {} }, program);
  }
  if (allowed) return undefined;
  await locate("bwrap");
  throw new LodgeError("host.cell_unavailable", { reason: "no namespaces can be made" });
}
