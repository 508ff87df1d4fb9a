/** How the two QEMUs of a move reach each other. */
import type { ApartSocket } from "#base/apart-socket";
import { unencrypted } from "../migrate.ts";
import { sendDescriptor } from "../send-descriptor.ts";
import type { Monitor } from "../monitor.ts";
import { keyName } from "./one-time-key.ts";

/** The sender's. */
export type RouteOut =
  /** By sockets that the caller listens at, and leads on. */
  | { readonly kind: "led"; readonly memory: string; readonly disks: string }
  /** By connections to the other QEMU itself, for which it has a key (one-time-key.ts): one for each disk that is asked for. */
  | {
      readonly kind: "direct";
      readonly memory: ApartSocket;
      readonly disk: () => Promise<ApartSocket>;
    };

/** The receiver's. */
export type RouteIn =
  /** By sockets that it makes. */
  | { readonly kind: "led"; readonly memory: string; readonly disks: string }
  /** By a connection that is there, and a socket that listens; it has a key for them. */
  | { readonly kind: "direct"; readonly memory: ApartSocket; readonly disks: ApartSocket };

const memoryName = "move-memory";

/** Where memory goes, or comes from, as `migrate` and `migrate-incoming` have it, with the parameters for it. */
export async function memoryRoute(
  monitor: Monitor,
  memory: string | ApartSocket,
): Promise<{ readonly uri: string; readonly parameters: object }> {
  if (typeof memory === "string") return { uri: `unix:${memory}`, parameters: unencrypted };
  await sendDescriptor(monitor, memoryName, memory.descriptor);
  return { uri: `fd:${memoryName}`, parameters: { "tls-creds": keyName } };
}

/** A disk of the other QEMU's, as the driver "nbd" has it. */
export async function diskRoute(monitor: Monitor, disk: string, route: RouteOut): Promise<object> {
  if (route.kind === "led") return { server: { type: "unix", path: route.disks } };
  const name = `move-${disk}`;
  await sendDescriptor(monitor, name, (await route.disk()).descriptor);
  return { server: { type: "fd", str: name }, "tls-creds": keyName };
}

/** What the receiver's NBD server listens at, as `nbd-server-start` has it. */
export async function serverRoute(
  monitor: Monitor,
  { kind, disks }: RouteIn,
): Promise<Record<string, unknown>> {
  if (kind === "led") return { addr: { type: "unix", data: { path: disks } } };
  const name = "move-disks";
  await sendDescriptor(monitor, name, disks.descriptor);
  return { addr: { type: "fd", data: { str: name } }, "tls-creds": keyName };
}
