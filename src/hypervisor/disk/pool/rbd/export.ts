/**
 * An image of Ceph's as a file of this host, while it is in use.
 *
 *   Ceph ◄── librbd ── qemu-storage-daemon ── /dev/fuse ── FOLDER/l0123.raw ◄── QEMU in its cell, qemu-img, …
 *                      in a cell of its own: the network, no file but its program's, a user of its own
 *
 * One process for each image: what one hangs or ends on, no other does. It outlives the daemon as QEMU does; what the next
 * one has to know is in the folder, which is in memory, since a reboot ends it as well.
 *
 *   FOLDER/                      a file system in memory
 *     l0123.raw                  mounted: what the process serves
 *     .exports/l0123.raw.json    the process; beside it what it says (.log)
 *     .cells/GUEST/              what a guest's cell sees of the folder: view.ts
 *
 * The daemon mounts, and gives the process the opened /dev/fuse: so that needs no privilege, no program that has one, and
 * no mount. libfuse takes a mount point "/dev/fd/3" to say that descriptor 3 is served already (fuse_session_mount(3)),
 * and QEMU wants to find a file there: in the cell there is one.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { asLodgeError, hasCode } from "#contract/errors";
import { endProcess, isAlive, processRef, type ProcessRef } from "#base/process";
import { SerialQueue } from "#base/queue";
import { serverCells } from "../../../cell/tool.ts";
import { startInCell } from "../../../cell/start.ts";
import type { Bind } from "../../../cell/bubblewrap.ts";
import { withNamelessFile } from "#base/nameless-file";
import { PoolTrouble } from "../driver.ts";
import { missing } from "./ceph.ts";
import { connectionOf, imageOf, monitorAddress } from "./connection.ts";
import { bounded, mountMemory, mountServed, mounts, unmount } from "./mounting.ts";

const program = "qemu-storage-daemon";
/** Milliseconds for an image to be opened. */
const openTime = 30_000;
/** Milliseconds for what was written to reach Ceph when it is closed. */
const closeTime = 15_000;
/** Bytes that it may write to a file: it has none but its log. */
const longestLog = 2 ** 24;

export const exportsFolder = ".exports";
export const viewsFolder = ".cells";

const stateOf = (path: string): string => join(dirname(path), exportsFolder, `${basename(path)}.json`);
const logOf = (path: string): string => join(dirname(path), exportsFolder, `${basename(path)}.log`);

const turns = new Map<string, SerialQueue>();
const holders = new Map<string, number>();

/** What is done with one image is done one after another. */
export function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const turn = turns.get(path) ?? new SerialQueue();
  turns.set(path, turn);
  return turn.run(work).finally(() => {
    if (turn.length === 0) turns.delete(path);
  });
}

/** Makes a pool's folder what this needs. Idempotent. */
export async function openFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await mountMemory(folder);
  await mkdir(join(folder, exportsFolder), { recursive: true, mode: 0o711 });
  await mkdir(join(folder, viewsFolder), { recursive: true, mode: 0o711 });
}

/** An image is there as a file while this is held, and longer where a guest sees it. @throws PoolTrouble */
export async function holdExport(path: string): Promise<AsyncDisposable> {
  holders.set(path, (holders.get(path) ?? 0) + 1);
  const release = async () => {
    const left = holders.get(path)! - 1;
    if (left > 0) return void holders.set(path, left);
    holders.delete(path);
    await closeIdle(path);
  };
  try {
    await inTurn(path, () => serve(path));
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

/** Ends an export that nobody holds and no guest sees. */
export const closeIdle = (path: string): Promise<void> =>
  inTurn(path, async () => {
    if (!holders.has(path) && !isSeen(path)) await close(path);
  });

/** Ends an export, whoever has it open. Idempotent. */
export const endExport = (path: string): Promise<void> => inTurn(path, () => close(path));

/** The paths of all that a folder's pool serves, or was about to. */
export function exportsIn(folder: string): string[] {
  const ending = ".json";
  const found = namesIn(join(folder, exportsFolder)).filter((name) => name.endsWith(ending));
  return found.map((name) => join(folder, name.slice(0, -ending.length)));
}

/** The guests that see it. */
export const seersOf = (path: string): string[] => {
  const views = join(dirname(path), viewsFolder);
  return namesIn(views).filter((id) => namesIn(join(views, id)).includes(basename(path)));
};

const isSeen = (path: string): boolean => seersOf(path).length > 0;

/** In memory: it answers at once. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function serve(path: string): Promise<void> {
  const process = processOf(path);
  if (process && isAlive(process) && (await mounts()).has(path)) return;
  await close(path);
  try {
    await begin(path);
    // Answered once the image is open, or when the process has ended.
    await bounded("stat", ["--format=%s", "--", path], { timeout: openTime });
  } catch (error) {
    const said = await lastWords(path);
    await close(path);
    if (error instanceof PoolTrouble) throw error;
    if (hasCode(error, "host.command_timeout"))
      throw new PoolTrouble(`${imageOf(path)} was not opened within ${openTime / 1000} s`, { cause: error });
    throw new PoolTrouble(said || asLodgeError(error).message, { cause: error });
  }
}

async function begin(path: string): Promise<void> {
  const folder = dirname(path);
  const connection = connectionOf(folder);
  await openFolder(folder);
  const host = await serverCells(program);
  if (!host) throw new PoolTrouble("no cells can be made on this host for what speaks to Ceph");
  // Nobody may take it for the image before that is mounted over it.
  writeFileSync(path, "", { mode: 0 });
  writeFileSync(stateOf(path), "{}", { mode: 0o644 });
  const fuse = openFuse();
  try {
    await mountServed(path, fuse);
    await withNamelessFile(connection.key, (key) =>
      startInCell({
        host,
        user: userOf(path),
        network: "host",
        binds: [{ from: stateOf(path), at: "/dev/fd/3", how: "read" }, ...resolver],
        descriptors: [fuse, key],
        args: argsFor(path),
        log: logOf(path),
        cwd: "/",
        fileSize: longestLog,
        before: (pid) => writeFileSync(stateOf(path), JSON.stringify(processRef(pid) ?? {})),
      }),
    );
  } finally {
    // From here on the process alone has it: the file ends with that.
    closeSync(fuse);
  }
}

function openFuse(): number {
  try {
    return openSync("/dev/fuse", "r+");
  } catch (cause) {
    throw new PoolTrouble("/dev/fuse cannot be opened: 'modprobe fuse' may bring it", { cause });
  }
}

/** To find monitors that are given by name. */
const resolver = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"].map((from): Bind => ({
  from,
  how: "read",
  optional: true,
}));

/** Above the users of guests (cell/users.ts), and those of foreign images: each has its own, as far as chance goes. */
function userOf(path: string): number {
  const chosen = createHash("sha256").update(path).digest().readUInt16BE(0);
  return 0x7fff_0000 + (chosen % 0xfff0);
}

function argsFor(path: string): string[] {
  const { monitors, pool, user } = connectionOf(dirname(path));
  const image = {
    driver: "rbd",
    "node-name": "image",
    pool,
    image: imageOf(path),
    user,
    server: monitors.map(monitorAddress),
    "auth-client-required": ["cephx"],
    "key-secret": "key",
    discard: "unmap",
    "detect-zeroes": "unmap",
  };
  const served = {
    type: "fuse",
    id: "file",
    "node-name": "image",
    mountpoint: "/dev/fd/3",
    writable: true,
    "allow-other": "on",
  };
  return [
    ...["--object", "secret,id=key,format=base64,file=/proc/self/fd/4"],
    ...["--blockdev", JSON.stringify(image), "--export", JSON.stringify(served)],
  ];
}

function processOf(path: string): ProcessRef | undefined {
  try {
    const found = JSON.parse(readFileSync(stateOf(path), "utf8")) as Partial<ProcessRef>;
    return found.pid === undefined ? undefined : (found as ProcessRef);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The process first: what waits for it is let go by its end. */
async function close(path: string): Promise<void> {
  const process = processOf(path);
  if (process) await endProcess(process, closeTime);
  await unmount(path);
  for (const file of [path, logOf(path), stateOf(path)]) await rm(file, { force: true });
}

async function lastWords(path: string): Promise<string> {
  const text = await readFile(logOf(path), "utf8").catch(() => "");
  if (/Unknown driver 'rbd'/.test(text)) return missing;
  return text.trim().split("\n").at(-1)?.replace(`${program}: `, "") ?? "";
}
