/**
 * Whose the program is at the other end of a connection over loopback, as the kernel tells: a port of 127.0.0.1 is open to
 * every user of this computer, whatever is behind it.
 *
 * /proc/net/tcp (proc_pid_net(5)) has a row for each end of each connection: its own address, the other's, its state, and
 * further on the user's id and the socket's inode. An end whose program has closed it has no inode, and then is said to
 * be root's; it is nobody's here.
 */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

/** The second has programs which speak IPv6, also where they connect to an address of IPv4. */
const tables = ["/proc/net/tcp", "/proc/net/tcp6"];

/** While connections come and go, a row can be missed by one look at all of them. */
const looks = 3;

/** Does this system tell it? */
export async function tellsUsers(): Promise<boolean> {
  return (await readFile(tables[0]!, "utf8").catch(() => "")) !== "";
}

/** Is the other end of a connection to 127.0.0.1 a program of this process's own user? */
export async function isSameUser({ remotePort = 0, localPort = 0 }: Socket): Promise<boolean> {
  for (let look = 0; look < looks; look++) {
    for (const table of tables) {
      const user = userOf(await readFile(table, "utf8").catch(() => ""), remotePort, localPort);
      if (user !== undefined) return user === process.getuid?.();
    }
  }
  return false;
}

/** As the kernel writes 127.0.0.1 and a port: the address in this computer's own byte order, the port as people do. */
const loopback = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;

/** The id of the user whose socket on 127.0.0.1 is connected from one port to another; undefined: there is none that is open. */
export function userOf(table: string, from: number, to: number): number | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, own, other, , , , , user, , inode] = line.trim().split(/\s+/);
    if (!own?.endsWith(loopback(from)) || !other?.endsWith(loopback(to))) continue;
    if (inode !== undefined && inode !== "0") return Number(user);
  }
  return undefined;
}
