/**
 * Where Lodge keeps its things. Everything lies below one home; sockets alone may have to move, since
 * the path of a unix socket ends at 107 bytes (`sun_path` in unix(7) is 108 with its NUL):
 *
 *   HOME/run is a folder            the usual case
 *   HOME/run ──► a short folder     where the longest path below it would not fit. The link is the record:
 *                                   whoever comes later, with another environment, finds the same folder
 */
import {
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  statSync,
  symlinkSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { LodgeError } from "#contract/errors";

export interface HomePaths {
  /** The home itself, without symbolic links: one home has one name. */
  readonly home: string;
  readonly store: string;
  readonly images: string;
  readonly templates: string;
  readonly guests: string;
  readonly logs: string;
  /** The secret for the TCP address; readable by its owner alone. */
  readonly token: string;
  /** Sockets: the daemon's and, one folder each, the guests'. */
  readonly run: string;
  /** The daemon's socket. */
  readonly socket: string;
}

/** What the paths depend on besides the home. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}

/** This process's own. */
export const here = (): Surroundings => ({ env: process.env, uid: process.getuid?.() ?? 0 });

/** A socket's path has to stay below this many bytes. */
const socketPathLimit = 108;
/** "/", a guest's id, "/", and the longest name of a socket in its folder. */
const longestBelowRun = 1 + 11 + 1 + 12;

const fits = (run: string): boolean => Buffer.byteLength(run) + longestBelowRun < socketPathLimit;

/** The home this user's Lodge has: LODGE_HOME, else /var/lib/lodge for root, else the XDG data folder. */
export function resolveHome({ env, uid }: Surroundings = here()): string {
  if (env["LODGE_HOME"]) return resolve(env["LODGE_HOME"]);
  if (uid === 0) return "/var/lib/lodge";
  const data = env["XDG_DATA_HOME"];
  // The XDG specification has relative paths ignored.
  if (data && isAbsolute(data)) return join(data, "lodge");
  return join(env["HOME"] ?? "/", ".local/share/lodge");
}

/** The path without symbolic links, also where its last parts do not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), path.slice(parent.length));
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Where HOME/run leads, if it is a link to where a folder is or can be: a login's runtime folder ends with it. */
function linkedRun(home: string): string | undefined {
  try {
    const target = readlinkSync(join(home, "run"));
    return isAbsolute(target) && isFolder(dirname(target)) ? target : undefined;
  } catch {
    return undefined;
  }
}

/** A short folder of this home's own. The hash is over the real path, so that every name of it leads here. */
function shortRun(home: string, { env, uid }: Surroundings): string {
  const { hash } = process.getBuiltinModule("node:crypto");
  const tag = hash("sha256", home, "hex").slice(0, 10);
  if (uid === 0) return `/run/lodge-${tag}`;
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime && isAbsolute(runtime) && isFolder(runtime)) {
    const run = join(runtime, `lodge-${tag}`);
    if (fits(run)) return run;
  }
  return `/tmp/lodge-${uid}-${tag}`;
}

/** Every path below a home. Creates nothing. */
export function homePaths(home: string, surroundings: Surroundings = here()): HomePaths {
  const real = realPath(resolve(home));
  const below = join(real, "run");
  const run = fits(below) ? below : (linkedRun(real) ?? shortRun(real, surroundings));
  return {
    home: real,
    store: join(real, "lodge.db"),
    images: join(real, "images"),
    templates: join(real, "templates"),
    guests: join(real, "guests"),
    logs: join(real, "logs"),
    token: join(real, "token"),
    run,
    socket: join(run, "lodged.sock"),
  };
}

/**
 * Makes the folder for sockets, as the daemon does when it starts.
 *
 * @throws LodgeError api.folder_unsafe where somebody else made it before.
 */
export function prepareRun(paths: HomePaths, uid: number = here().uid): void {
  const below = join(paths.home, "run");
  mkdirSync(paths.home, { recursive: true, mode: 0o711 });
  try {
    // Root's guests run under ids of their own and have to get through to their folders.
    mkdirSync(paths.run, { mode: uid === 0 ? 0o711 : 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    checkRun(paths, uid);
  }
  if (paths.run === below || linkedRun(paths.home) === paths.run) return;
  const old = lstatSync(below, { throwIfNoEntry: false });
  if (old?.isDirectory()) rmdirSync(below);
  else if (old) unlinkSync(below);
  symlinkSync(paths.run, below);
}

/**
 * Makes sure that the folder for sockets is this user's or root's, and nobody else's to write to: in /tmp
 * anyone could have made it first and listen there. A folder that does not exist or cannot be reached
 * passes: nothing can be connected to there.
 *
 * @throws LodgeError api.folder_unsafe
 */
export function checkRun(paths: HomePaths, uid: number = here().uid): void {
  const found = look(paths.run);
  if (!found) return;
  const refuse = (reason: string) => new LodgeError("api.folder_unsafe", { path: paths.run, reason });
  if (!found.isDirectory()) throw refuse("is not a folder");
  if (found.uid !== uid && found.uid !== 0) throw refuse(`belongs to user ${found.uid}`);
  if ((found.mode & 0o022) !== 0) throw refuse("can be written to by others");
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
