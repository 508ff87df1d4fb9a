/**
 * Gives a running QEMU a descriptor of this process, by QMP's `getfd`: it goes along with the command, as unix
 * sockets carry them (SCM_RIGHTS, unix(7)), which Node has no function for.
 */
import { sendWithDescriptor } from "#base/libc";
import { LodgeError } from "#contract/errors";
import type { Monitor } from "./monitor.ts";

/** QEMU knows it by the name from then on. @throws LodgeError host.qemu_failed, host.qemu_gone */
export function sendDescriptor(monitor: Monitor, name: string, descriptor: number): Promise<unknown> {
  return monitor.executeBy(
    (socket, command) => {
      const sent = sendWithDescriptor(socket, command, descriptor);
      // A command is short, and the socket's buffer is empty: it takes all of it or the connection is gone.
      if (sent !== command.byteLength) throw new LodgeError("host.qemu_gone");
    },
    "getfd",
    { fdname: name },
  );
}
