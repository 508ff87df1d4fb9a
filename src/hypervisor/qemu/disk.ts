/** A disk as QEMU is told of it: at its start (argv.ts) and while it runs (plug.ts). Pure. */
import type { DiskPlan, LinkPlan } from "./plan.ts";

export type Bus = DiskPlan["bus"];

/**
 * How many places each bus has: a disk's place decides its address for good, so that a machine's saved state
 * finds it again whatever other disks came and went. Addresses: argv.ts.
 */
export const places: Readonly<Record<Bus, number>> = { "virtio-blk": 6, "virtio-scsi": 10, sata: 4 };

/** A device's driver and properties. */
export interface Device {
  readonly driver: string;
  readonly [property: string]: string | number;
}

/** As an argument of -device. */
export const deviceOption = ({ driver, ...properties }: Device): string =>
  [driver, ...Object.entries(properties).map(([name, value]) => `${name}=${value}`)].join(",");

/** Where the controller of virtio-scsi is, and the first disk on virtio-blk. */
const controllerSlot = 0xe;
const firstSlot = 0x8;
/** The ports before it have the CD-ROM drives. */
const firstPort = 2;

const hexadecimal = (value: number) => `0x${value.toString(16)}`;

/** What disks on virtio-scsi are plugged into. */
export const diskController: Device = {
  driver: "virtio-scsi-pci",
  id: "scsi",
  addr: hexadecimal(controllerSlot),
};

/** The device that a guest sees as its disk. `bootIndex`: lower ones are tried first. */
export function diskDevice(plan: DiskPlan, bootIndex: number): Device {
  const { id, bus, place, serial } = plan;
  // What cannot be written (a full disk, a quota, a broken disk) halts the machine, and is written when it goes on.
  const common = { drive: nodeName(plan), id: deviceId(id), serial, werror: "stop", bootindex: bootIndex };
  switch (bus) {
    case "virtio-blk":
      return { driver: "virtio-blk-pci", addr: hexadecimal(firstSlot + place), ...common };
    case "virtio-scsi":
      return { driver: "scsi-hd", bus: "scsi.0", "scsi-id": place, ...common };
    case "sata":
      return { driver: "ide-hd", bus: `ide.${firstPort + place}`, ...common };
  }
}

/** By which QEMU opens what is in a set of descriptors that it was given. */
export const setName = (set: number): string => `/dev/fdset/${set}`;

export const deviceId = (disk: string): string => `${disk}-dev`;

/** The node that a disk begins with: called by its id, or where it is encrypted, as if it were put over others. */
export const nodeName = ({ id, chain }: Pick<DiskPlan, "id" | "chain">): string => chain?.[0]?.node ?? id;

/** The node that holds its content, as -blockdev and blockdev-add take it. */
export function diskNode(plan: DiskPlan): object {
  const { id, file, format, device = false, size, chain } = plan;
  if (file === undefined) return { driver: "null-co", "node-name": id, size, "read-zeroes": true };
  return chain === undefined ? fileNode({ node: id, file, format, device }) : chainNode(chain);
}

/** Of each file what is below it: QEMU would open that without its key. What the last stands on is in its header. */
const chainNode = ([top, ...below]: readonly LinkPlan[]): object => ({
  ...fileNode(top!),
  ...(below.length === 0 ? {} : { backing: chainNode(below) }),
});

/** The node of one file, which has what its header says below it. */
export const fileNode = ({ node, file, format, device, secret }: LinkPlan): object => ({
  driver: format,
  "node-name": node,
  discard: "unmap",
  "detect-zeroes": "unmap",
  ...(secret === undefined ? {} : { encrypt: { format: "luks", "key-secret": secret } }),
  file: { driver: device ? "host_device" : "file", filename: file, discard: "unmap", aio: "threads" },
});

/**
 * The node of a file that is to be put over what a disk is written to, or to become that: its own content alone, opened
 * before anything is held up for it.
 */
export const overlayNode = (link: LinkPlan): object => ({ ...fileNode(link), backing: null });

/**
 * The file that QEMU has open by this name: its path, or all that it takes to open it ("json:…"), as of an encrypted one. That
 * is cut off where a chain is long; then some file of the chain.
 */
export function fileOf(name: string): string {
  if (!name.startsWith("json:")) return name;
  try {
    const { file } = JSON.parse(name.slice("json:".length)) as { file?: { filename?: string } };
    if (file?.filename !== undefined) return file.filename;
  } catch {
    // Not whole.
  }
  return /"filename": "([^"]+)"/.exec(name)?.[1] ?? name;
}

/** What such a node is called: by the disk, so that it is found again, and by its layer. */
export const stackedNode = (disk: string, layer: string): string => `${disk}-${layer}`;

/** Is it one of those, or one that the disk was moved to? */
export const isStackedOn = (disk: string, node: string): boolean => node.startsWith(`${disk}-`);

/**
 * The first boot index of disks and of drives; there are ten disks at most and two drives. From 1: with a kernel
 * from outside, QEMU gives 0 to that.
 */
export const bootIndexes = (first: "disk" | "cdrom"): { readonly disks: number; readonly drives: number } =>
  first === "disk" ? { disks: 1, drives: 11 } : { disks: 11, drives: 1 };
