/**
 * Changes a running machine's disks: plugs one in, takes one out, and says what is booted first. Whatever was
 * done already is done: each of these may be called again.
 */
import { bootIndexes, deviceId, diskDevice, diskNode, nodeName } from "./disk.ts";
import type { Monitor } from "./monitor.ts";
import type { DiskPlan } from "./plan.ts";
import { forgetSecrets, tellSecrets, type Passphrase } from "./secret.ts";
import { releaseNode, releaseStacked } from "./stream.ts";

interface Named {
  readonly "node-name"?: string;
}
interface Block {
  readonly qdev?: string;
  readonly inserted?: Named;
}
interface Property {
  readonly name: string;
}

const hasNode = async (monitor: Monitor, name: string): Promise<boolean> =>
  (await monitor.execute<Named[]>("query-named-block-nodes", { flat: true })).some(
    (node) => node["node-name"] === name,
  );

const hasDevice = async (monitor: Monitor, id: string): Promise<boolean> =>
  (await monitor.execute<Property[]>("qom-list", { path: "/machine/peripheral" })).some(
    ({ name }) => name === id,
  );

/** Is there the controller that disks on virtio-scsi are plugged into? */
export const hasController = (monitor: Monitor): Promise<boolean> => hasDevice(monitor, "scsi");

/**
 * Plugs in a disk on virtio-scsi. `secrets`: what the files of an encrypted one are opened with.
 * @throws LodgeError host.qemu_failed: then nothing of it is there.
 */
export async function plugDisk(
  monitor: Monitor,
  disk: DiskPlan,
  bootFirst: "disk" | "cdrom",
  secrets: readonly Passphrase[] = [],
): Promise<void> {
  if (!(await hasNode(monitor, nodeName(disk)))) await openDisk(monitor, disk, secrets);
  if (await hasDevice(monitor, deviceId(disk.id))) return;
  try {
    const bootIndex = bootIndexes(bootFirst).disks + disk.place;
    await monitor.execute("device_add", { ...diskDevice(disk, bootIndex) });
  } catch (error) {
    await monitor.execute("blockdev-del", { "node-name": nodeName(disk) }).catch(() => undefined);
    await forgetSecrets(monitor);
    throw error;
  }
}

async function openDisk(monitor: Monitor, disk: DiskPlan, secrets: readonly Passphrase[]): Promise<void> {
  await tellSecrets(monitor, secrets);
  try {
    await monitor.execute("blockdev-add", { ...diskNode(disk) });
  } catch (error) {
    await forgetSecrets(monitor);
    throw error;
  }
}

/** Takes out a disk on virtio-scsi; its file is closed when this resolves. The guest is told, not asked. */
export async function unplugDisk(monitor: Monitor, id: string): Promise<void> {
  const device = deviceId(id);
  const written = await activeNode(monitor, device);
  if (await hasDevice(monitor, device)) {
    const gone = monitor.nextEvent(
      ({ event, data }) => event === "DEVICE_DELETED" && data["device"] === device,
    );
    gone.catch(() => undefined);
    await monitor.execute("device_del", { id: device });
    await gone;
  }
  // The nodes were added by name, and are let go of by name: from the top, as each keeps what it stands on.
  for (const node of new Set([written, id]))
    if (node !== undefined && (await hasNode(monitor, node))) await releaseNode(monitor, node);
  await releaseStacked(monitor, id);
  if (await hasNode(monitor, id)) await releaseNode(monitor, id);
  await forgetSecrets(monitor);
}

/** The node that a device writes to. */
async function activeNode(monitor: Monitor, device: string): Promise<string | undefined> {
  const blocks = await monitor.execute<Block[]>("query-block");
  const mine = blocks.find(({ qdev }) => qdev?.split("/").includes(device));
  return mine?.inserted?.["node-name"];
}

/**
 * What the machine starts from at its next reset. No two devices may have one index, not even for a moment, so
 * each is taken out of the order before it gets its new place.
 */
export async function bootFrom(
  monitor: Monitor,
  order: { readonly disks: readonly Pick<DiskPlan, "id" | "place">[]; readonly drives: readonly string[] },
  first: "disk" | "cdrom",
): Promise<void> {
  const from = bootIndexes(first);
  const places = [
    ...order.disks.map(({ id, place }) => [deviceId(id), from.disks + place] as const),
    ...order.drives.map((id, at) => [id, from.drives + at] as const),
  ];
  const set = (device: string, value: number) =>
    monitor.execute("qom-set", { path: `/machine/peripheral/${device}`, property: "bootindex", value });
  for (const [device] of places) await set(device, -1);
  for (const [device, index] of places) await set(device, index);
}

/** Makes a disk larger: the guest is told of it. `node` is what the disk writes to now. */
export async function growNode(monitor: Monitor, node: string, size: number): Promise<void> {
  await monitor.execute("block_resize", { "node-name": node, size });
}
