/**
 * Which folders of the host may be shared, whoever asks: none that the system or Lodge itself lives in, or that holds such
 * a one, and none of root's to write to. A guest that may write to a folder writes there as the folder's owner.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { LodgeError } from "#contract/errors";

/** Where the system lives. */
const system = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/proc",
  "/run",
  "/sbin",
  "/sys",
  "/usr",
  "/var/lib/dpkg",
  "/var/spool/cron",
] as const;

const refused = (path: string, reason: string, remedy: string): LodgeError =>
  new LodgeError("share.refused", { path, reason, remedy });

const lies = (path: string, within: string): boolean =>
  path === within || path.startsWith(within.endsWith("/") ? within : `${within}/`);

const another = "Choose a folder that was made to be shared, below /srv or a home";

/** `own`: folders of Lodge's. Pure. @throws LodgeError share.refused */
export function requireShareable(path: string, own: readonly string[]): void {
  for (const folder of own) {
    if (lies(path, folder)) throw refused(path, "Lodge itself lives there", another);
    if (lies(folder, path)) throw refused(path, `Lodge itself lives in it, at ${folder}`, another);
  }
  for (const folder of system) {
    if (lies(path, folder)) throw refused(path, "the host's system lives there", another);
    if (lies(folder, path)) throw refused(path, `the host's system lives in it, at ${folder}`, another);
  }
}

/** @throws LodgeError share.refused, for what cannot be written to in anybody's name but root's */
export function requireOwner(
  path: string,
  { uid, readOnly, asRoot }: { readonly uid: number; readonly readOnly: boolean; readonly asRoot: boolean },
): void {
  if (readOnly || uid !== 0 || !asRoot) return;
  throw refused(
    path,
    "it is root's, and a guest that may write there writes as its owner",
    `Give the folder to a user with 'chown USER ${path}', or share it read-only`,
  );
}

/** Whoever runs Lodge: virtiofsd gives up the groups that he is in besides his own, which root alone lets it. Pure. */
export function requireGroups(
  path: string,
  {
    asRoot,
    gid,
    groups,
  }: { readonly asRoot: boolean; readonly gid: number; readonly groups: readonly number[] },
): void {
  if (asRoot || groups.every((group) => group === gid)) return;
  throw refused(
    path,
    "Lodge runs as a user who is in several groups",
    "Run the daemon as root, or as a user who is in his own group alone",
  );
}

/** O_PATH: nothing of the folder itself is read by that. */
const path = 0o10000000;

export interface OpenedFolder extends Disposable {
  readonly descriptor: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Opens a folder at a path without any symbolic link in it, neither at its end nor on the way.
 *
 * @throws LodgeError share.refused
 */
export function openFolder(at: string): OpenedFolder {
  let descriptor: number;
  try {
    descriptor = openSync(at, path | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    throw noFolder(at, error);
  }
  const dispose = () => closeSync(descriptor);
  if (readlinkSync(`/proc/self/fd/${descriptor}`) === at) {
    const { uid, gid } = fstatSync(descriptor);
    return { descriptor, uid, gid, [Symbol.dispose]: dispose };
  }
  dispose();
  throw refused(at, "a symbolic link leads elsewhere by now", "Share the folder where it is");
}

/** Its path without symbolic links. @throws LodgeError share.refused */
export const plainPath = (at: string): Promise<string> =>
  realpath(at).catch((error: unknown) => {
    throw noFolder(at, error);
  });

function noFolder(at: string, error: unknown): LodgeError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such folder",
    ENOTDIR: "it is no folder",
    ELOOP: "a symbolic link leads elsewhere by now",
    EACCES: "Lodge may not look there",
  };
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const reason = reasons[code] ?? `it cannot be opened (${code})`;
  return new LodgeError(
    "share.refused",
    { path: at, reason, remedy: "Make the folder on the host, or write its path as it is there" },
    { cause: error },
  );
}
