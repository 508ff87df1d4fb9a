/** What this host has for cells, found once: whether they can be made at all, and what a program needs in one. */
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { commandMissing, exec, searchPath } from "#base/exec";
import { bubblewrapArgs, type Bind } from "./bubblewrap.ts";
import { programFiles, type ProgramFiles } from "./program.ts";

export interface CellHost extends ProgramFiles {
  /** The program that runs in cells. */
  readonly program: string;
  readonly bubblewrap: string;
  readonly setpriv: string;
  /** Have cells users of their own? Otherwise all programs in them are this user's, each in a namespace of users. */
  readonly privileged: boolean;
}

/** What was found: cells, what stands in their way, or that none are wanted. */
export type CellFinding = CellHost | LodgeError | "off";

/** In every cell. */
const devices: readonly Bind[] = ["/dev/null", "/dev/urandom"].map((from) => ({ from, how: "device" }));

async function locate(program: string): Promise<string> {
  const places = isAbsolute(program)
    ? [program]
    : searchPath()
        .split(delimiter)
        .map((folder) => join(folder, program));
  for (const place of places)
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place;
  throw commandMissing(program, undefined);
}

/** Folders that QEMU reads firmware from, as it says itself. */
async function dataFolders(qemu: string): Promise<Bind[]> {
  const { stdout } = await exec(qemu, ["-L", "help"]);
  const folders = stdout.split("\n").filter((line) => line.startsWith("/"));
  return folders.map((line) => ({ from: join(line), how: "read", optional: true }));
}

/**
 * Finds what cells for QEMU need and makes one, in which QEMU says its version: some 60 ms.
 *
 * @throws LodgeError host.cell_unavailable with what is in the way, host.command_missing
 */
export async function findCells(qemu: string): Promise<CellHost> {
  const privileged = process.getuid?.() === 0;
  const [program, bubblewrap, setpriv] = await Promise.all([
    locate(qemu),
    locate("bwrap"),
    locate("setpriv"),
  ]);
  const [files, data] = await Promise.all([programFiles(program, setpriv), dataFolders(program)]);
  const host: CellHost = {
    program,
    bubblewrap,
    setpriv,
    privileged,
    binds: [...files.binds, ...data, ...devices],
    links: files.links,
  };
  await tryOut(host);
  return host;
}

const others = new Map<string, Promise<Pick<CellHost, "program" | "binds" | "links">>>();

/** The same cells for another program. @throws LodgeError host.command_missing */
export async function cellsFor(host: CellHost, program: string): Promise<CellHost> {
  const find = async () => {
    const path = await locate(program);
    const { binds, links } = await programFiles(path, host.setpriv);
    return { program: path, binds: [...binds, ...devices], links };
  };
  const found = others.get(program) ?? find();
  others.set(program, found);
  found.catch(() => others.delete(program));
  return { ...host, ...(await found) };
}

async function tryOut({ program, bubblewrap, privileged, binds, links }: CellHost): Promise<void> {
  const plan = {
    binds,
    links,
    network: "none",
    privileged,
    capabilities: [],
    proc: true,
    descriptors: {},
  } as const;
  try {
    await exec(bubblewrap, bubblewrapArgs({ ...plan, command: [program, "--version"] }));
  } catch (error) {
    if (!hasCode(error, "host.command_failed")) throw error;
    const reason = (error as LodgeError).detail?.trim().split("\n").at(-1) ?? "bubblewrap failed";
    throw new LodgeError("host.cell_unavailable", { reason }, { cause: error });
  }
}
