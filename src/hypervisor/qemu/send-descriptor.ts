/**
 * Gives a running QEMU a descriptor of this process, by QMP's `getfd` and `add-fd`: it goes along with the command, as
 * unix sockets carry them (SCM_RIGHTS, unix(7)), which Node has no function for.
 */
import { open } from "node:fs/promises";
import { sendWithDescriptor } from "#base/libc";
import { LodgeError } from "#contract/errors";
import { setName } from "./disk.ts";
import type { Monitor } from "./monitor.ts";

/** QEMU knows it by the name from then on. @throws LodgeError host.qemu_failed, host.qemu_gone */
export const sendDescriptor = (monitor: Monitor, name: string, descriptor: number): Promise<unknown> =>
  monitor.executeBy(along(descriptor), "getfd", { fdname: name });

/**
 * Opens a file for reading that QEMU itself may not, and gives it to QEMU: what it is to be told as the file's name.
 * QEMU forgets it once nothing of it is open and forgetFiles() was called.
 */
export async function giveFile(monitor: Monitor, path: string): Promise<string> {
  await using file = await open(path, "r");
  const { "fdset-id": set } = await monitor.executeBy<FdSet>(along(file.fd), "add-fd", {});
  return setName(set);
}

interface FdSet {
  readonly "fdset-id": number;
}

/** Has QEMU close what it was given and does not use any more. What is in use stays open until it is not. */
export async function forgetFiles(monitor: Monitor): Promise<void> {
  for (const { "fdset-id": id } of await monitor.execute<FdSet[]>("query-fdsets"))
    await monitor.execute("remove-fd", { "fdset-id": id });
}

const along = (descriptor: number) => (socket: number, command: Buffer) => {
  const sent = sendWithDescriptor(socket, command, descriptor);
  // A command is short, and the socket's buffer is empty: it takes all of it or the connection is gone.
  if (sent !== command.byteLength) throw new LodgeError("host.qemu_gone");
};
