/**
 * Connects to a unix socket in a folder that the program at its other end may write to, and may use to lead whoever
 * connects elsewhere: to another guest's socket, or to one of the host's.
 *
 * The socket is opened without following a link, looked at, and then connected to as what was looked at.
 */
import { closeSync, constants, fstatSync, lchownSync, lstatSync, openSync } from "node:fs";
import { connect, Socket } from "node:net";
import { dirname } from "node:path";

/** open(2): a descriptor of the file's place alone, which Node has no name for. */
const O_PATH = 0o10000000;

/** As net.connect(); what is no socket of the folder's user, or of this process's user, is refused with ECONNREFUSED. */
export function connectOwn(path: string): Socket {
  let place: number | undefined;
  try {
    place = openSync(path, O_PATH | constants.O_NOFOLLOW);
    const found = fstatSync(place);
    const owners = [userOf(dirname(path)), process.getuid?.()];
    if (!found.isSocket() || !owners.includes(found.uid)) throw refused(path);
    return connect(`/proc/self/fd/${place}`);
  } catch (error) {
    const socket = new Socket();
    process.nextTick(() => socket.destroy(error as Error));
    return socket;
  } finally {
    // connect(2) of a unix socket looks its path up at once.
    if (place !== undefined) closeSync(place);
  }
}

/** Hands a socket that this process listens at to the user of its folder, who else could not connect to it. */
export function shareOwn(path: string): void {
  const user = userOf(dirname(path));
  if (user !== process.getuid?.()) lchownSync(path, user, user);
}

/** Whose a folder is: one that is closed to its user is root's, and the group is still the user's. */
export function userOf(folder: string): number {
  const { uid, gid } = lstatSync(folder);
  return uid === 0 ? gid : uid;
}

const refused = (path: string): Error =>
  Object.assign(new Error(`${path} is not a socket of whose folder it is in`), {
    code: "ECONNREFUSED",
    syscall: "connect",
  });
