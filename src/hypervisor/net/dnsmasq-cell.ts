/**
 * Starts a network's dnsmasq: in a cell where there are cells, as a user that is nobody else's. It keeps the host's
 * network and what it takes to answer in it (ports below 1024, raw sockets, neighbours' entries); of files it sees its
 * reservations, its leases, its log, and where the host says who resolves names.
 *
 * It stays in the foreground, so that its process is the one that was started, and tells that its sockets are open by
 * writing its process id, which is of no other use: in its cell it has another one.
 */
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, open, readFile, readlink, realpath, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { startDetached, type Detached } from "#base/detached";
import { endProcess } from "#base/process";
import type { Bind } from "../cell/bubblewrap.ts";
import type { CellHost } from "../cell/host.ts";
import { startInCell } from "../cell/start.ts";
import { serverCells } from "../cell/tool.ts";

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Server {
  readonly user: User;
  readonly cells: CellHost | undefined;
}

export interface ServerFiles {
  readonly directory: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly leases: string;
  /** Folders that it watches. */
  readonly read: readonly string[];
}

/** Netlink, by which it learns of the bridge's addresses. */
const netlink = 16;
const keeps = ["net_admin", "net_raw", "net_bind_service"] as const;
/** Bytes of a file that it writes. Its log is cut long before that. */
const longestFile = 2 ** 30;
/** Milliseconds until its sockets have to be open. */
const patience = 20_000;

const resolvers = "/etc/resolv.conf";

const readyFolder = (directory: string): string => join(directory, "ready");
/** There once its sockets are open. */
export const readyFile = (directory: string): string => join(readyFolder(directory), "pid");

/** @throws LodgeError host.command_missing, host.cell_unavailable */
export async function findServer(directory: string): Promise<Server> {
  const cells = await serverCells("dnsmasq");
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const named = (wanted: string): User | undefined => {
    const [name, , uid, gid] = users.find(([each]) => each === wanted) ?? [];
    return name === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
  };
  const own = named("dnsmasq") ?? named("nobody") ?? { name: "root", uid: 0, gid: 0 };
  // Without a cell it reads the reservations by their path, and a folder above may be closed to others.
  const closed = cells === undefined && !(await isOpen(directory));
  return { user: closed ? { name: "root", uid: 0, gid: 0 } : own, cells };
}

async function isOpen(directory: string): Promise<boolean> {
  for (let folder = directory; folder !== "/"; folder = dirname(folder))
    if (((await stat(folder)).mode & 0o001) === 0) return false;
  return true;
}

/** Starts it, and resolves to its process id once it answers. @throws LodgeError host.command_failed */
export async function startServer(server: Server, files: ServerFiles): Promise<number> {
  const { user } = server;
  for (const path of [files.log, files.leases]) {
    await using file = await open(path, "a", 0o640);
    await file.chown(user.uid, user.gid);
  }
  const ready = readyFolder(files.directory);
  await rm(ready, { recursive: true, force: true });
  await mkdir(ready);
  await chmod(ready, 0o700);
  await chown(ready, user.uid, user.gid);
  const { process, ended } = await start(server, files);
  const over = new AbortController();
  const gone = ended.then((how) => how);
  const up = answering(files.directory, over.signal);
  const failed = await Promise.race([up.then(() => undefined), gone]);
  over.abort();
  if (failed === undefined && existsSync(readyFile(files.directory))) return process.pid;
  await endProcess(process);
  const detail = (await readFile(files.log, "utf8").catch(() => "")).slice(-4000);
  const status = failed ?? "it does not answer";
  throw new LodgeError("host.command_failed", { command: "dnsmasq", status }, { detail });
}

async function answering(directory: string, signal: AbortSignal): Promise<void> {
  const end = systemClock.monotonic() + patience;
  while (!existsSync(readyFile(directory)) && !signal.aborted && systemClock.monotonic() < end)
    await systemClock.sleep(3, signal).catch(() => undefined);
}

async function start({ user, cells }: Server, files: ServerFiles): Promise<Detached> {
  const { log, args } = files;
  if (!cells) return startDetached("dnsmasq", args, { log, cwd: "/" });
  const view = await resolversView();
  return startInCell({
    host: { ...cells, links: { ...cells.links, ...view.links } },
    user: user.uid,
    group: user.gid,
    keeps,
    calls: { families: [netlink] },
    network: "host",
    fileSize: longestFile,
    binds: [
      ...["/etc/passwd", "/etc/group", "/etc/nsswitch.conf"].map((from): Bind => ({
        from,
        how: "read",
        optional: true,
      })),
      ...view.binds,
      ...files.read.map((from): Bind => ({ from, how: "read" })),
      ...[files.log, files.leases, readyFolder(files.directory)].map((from): Bind => ({
        from,
        how: "write",
      })),
    ],
    args,
    log,
    cwd: "/",
  });
}

/**
 * Who resolves names changes by a new file in the place of the old one, so it is the folder that is shown. Where that
 * is /etc it shows what every user of the host may read there.
 */
async function resolversView(): Promise<Pick<CellHost, "binds" | "links">> {
  const real = await realpath(resolvers).catch(() => undefined);
  if (real === undefined) return { binds: [], links: {} };
  const binds = [{ from: dirname(real), how: "read" }] as const;
  return real === resolvers
    ? { binds, links: {} }
    : { binds, links: { [resolvers]: await readlink(resolvers) } };
}
