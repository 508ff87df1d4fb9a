/**
 * A network card as QEMU is told of it, at its start or while it runs; and plugs one in or takes one out.
 *
 * A card lies in the machine itself (00:10 to 00:17, by its place), where it stays as long as that runs, or in one
 * of the ports that machines have from layout 5 on, where it comes and goes. Whatever was done already is done: each
 * of these may be called again.
 */
import { hasCode } from "#contract/errors";
import type { Device } from "./disk.ts";
import type { Monitor } from "./monitor.ts";
import { sendDescriptor } from "./send-descriptor.ts";
import type { NicPlan } from "./plan.ts";

/**
 * Bytes that a guest may have on their way through the host's queues, counted with what the kernel needs to keep them. What is
 * more waits in the guest, which then sends at the pace of its rate and not at that of its processors. QEMU's own
 * choice is no limit: the queue before a rate then overflows, and what is sent in vain costs the host its processors.
 */
export const sendBuffer = 131_072;

/** How many cards can come and go. */
export const nicPorts = 4;

const portId = (port: number): string => `nicport${port}`;

/** Arguments of the ports, in one slot: 00:19. */
export const portArgs = (): string[] =>
  Array.from({ length: nicPorts }, (_, port) => port).flatMap((port) => [
    "-device",
    `pcie-root-port,id=${portId(port)},bus=pcie.0,addr=0x19.0x${port},chassis=${port + 1},` +
      `${port === 0 ? "multifunction=on," : ""}io-reserve=0`,
  ]);

const deviceId = (id: string): string => `${id}-dev`;

/** The device. Without announcements: loadState() asks for none, and then QEMU 7.2 dies when a NIC that could is reset. */
export const nicDevice = (plan: NicPlan): Device => ({
  driver: "virtio-net-pci",
  ...(plan.port === undefined
    ? { addr: `0x${(0x10 + plan.place).toString(16)}` }
    : { bus: portId(plan.port), addr: "0x0" }),
  netdev: plan.id,
  id: deviceId(plan.id),
  mac: plan.mac,
  romfile: "",
  guest_announce: "off",
  ...(plan.mtu === undefined ? {} : { host_mtu: plan.mtu }),
});

interface Property {
  readonly name: string;
}

const hasDevice = async (monitor: Monitor, id: string): Promise<boolean> =>
  (await monitor.execute<Property[]>("qom-list", { path: "/machine/peripheral" })).some(
    ({ name }) => name === id,
  );

/** Has this machine the ports? */
export const hasPorts = (monitor: Monitor): Promise<boolean> => hasDevice(monitor, portId(0));

/**
 * Plugs a card into its port. `tap`: a descriptor of its tap, which stays the caller's. (A user-mode network would be
 * the process's own, which has none in its cell.)
 *
 * @throws LodgeError host.qemu_failed, host.qemu_gone: then nothing of it is there.
 */
export async function plugNic(monitor: Monitor, plan: NicPlan, tap: number): Promise<void> {
  if (await hasDevice(monitor, deviceId(plan.id))) return;
  // A backend that an earlier attempt left has another tap.
  await removeBackend(monitor, plan.id);
  const fdname = `${plan.id}-tap`;
  await sendDescriptor(monitor, fdname, tap);
  await monitor.execute("netdev_add", { type: "tap", id: plan.id, fd: fdname, sndbuf: sendBuffer });
  try {
    await monitor.execute("device_add", { ...nicDevice(plan) });
  } catch (error) {
    await removeBackend(monitor, plan.id);
    throw error;
  }
}

/** One that is not there is no error; QEMU has no list of them to look into. */
async function removeBackend(monitor: Monitor, id: string): Promise<void> {
  try {
    await monitor.execute("netdev_del", { id });
  } catch (error) {
    if (!hasCode(error, "host.qemu_failed")) throw error;
  }
}

/**
 * Takes a card out of its port: the guest is asked, and lets go of it. Its tap is closed when this resolves.
 *
 * @throws LodgeError host.qemu_failed; the signal's reason where the guest does not let go of it in time
 */
export async function unplugNic(monitor: Monitor, id: string, signal: AbortSignal): Promise<void> {
  const device = deviceId(id);
  if (await hasDevice(monitor, device)) {
    const gone = monitor.nextEvent(
      ({ event, data }) => event === "DEVICE_DELETED" && data["device"] === device,
      signal,
    );
    gone.catch(() => undefined);
    await monitor.execute("device_del", { id: device });
    await gone;
  }
  await removeBackend(monitor, id);
}
