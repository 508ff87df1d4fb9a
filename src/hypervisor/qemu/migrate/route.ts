/** How a machine's disks get from one QEMU to another. Its memory goes by a unix socket that the caller leads on. */
import type { ApartSocket } from "#base/apart-socket";
import { sendDescriptor } from "../send-descriptor.ts";
import type { Monitor } from "../monitor.ts";
import { keyName } from "./one-time-key.ts";

/** The sender's: a unix socket that the caller leads on, or connections to the other QEMU itself, for which it has a key. */
export type DisksOut = string | (() => Promise<ApartSocket>);

/** The receiver's: a unix socket that it makes, or one that listens for the other QEMU itself, for which it has a key. */
export type DisksIn = string | ApartSocket;

/** A disk of the other QEMU's, as the driver "nbd" has it. */
export async function diskRoute(monitor: Monitor, disk: string, out: DisksOut): Promise<object> {
  if (typeof out === "string") return { server: { type: "unix", path: out } };
  const name = `move-${disk}`;
  await sendDescriptor(monitor, name, (await out()).descriptor);
  return { server: { type: "fd", str: name }, "tls-creds": keyName };
}

/** What the receiver's NBD server listens at, as `nbd-server-start` has it. */
export async function serverRoute(monitor: Monitor, at: DisksIn): Promise<Record<string, unknown>> {
  if (typeof at === "string") return { addr: { type: "unix", data: { path: at } } };
  const name = "move-disks";
  await sendDescriptor(monitor, name, at.descriptor);
  return { addr: { type: "fd", data: { str: name } }, "tls-creds": keyName };
}
