/** A disk as QEMU is told of it: at its start (argv.ts) and while it runs (plug.ts). Pure. */
import type { DiskPlan } from "./plan.ts";

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
export function diskDevice({ id, bus, place, serial }: DiskPlan, bootIndex: number): Device {
  // What cannot be written (a full disk, a quota, a broken disk) halts the machine, and is written when it goes on.
  const common = { drive: id, id: deviceId(id), serial, werror: "stop", bootindex: bootIndex };
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

/** The object that has its passphrase, while it is opened. */
export const secretId = (disk: string): string => `${disk}-key`;

/** The node that holds its content, as -blockdev and blockdev-add take it. Its name is the disk's id. */
export const diskNode = (plan: DiskPlan): object =>
  plan.file === undefined
    ? { driver: "null-co", "node-name": plan.id, size: plan.size, "read-zeroes": true }
    : {
        driver: plan.format,
        "node-name": plan.id,
        discard: "unmap",
        "detect-zeroes": "unmap",
        ...(plan.secret === undefined
          ? {}
          : { encrypt: { format: "luks", "key-secret": secretId(plan.id) } }),
        file: {
          driver: plan.device ? "host_device" : "file",
          filename: plan.file,
          discard: "unmap",
          aio: "threads",
        },
      };

/**
 * The node of a file that is to be put over what a disk is written to: its own content alone, opened before anything
 * is held up for it.
 */
export const overlayNode = (name: string, file: string): object => ({
  driver: "qcow2",
  "node-name": name,
  discard: "unmap",
  "detect-zeroes": "unmap",
  backing: null,
  file: { driver: "file", filename: file, discard: "unmap", aio: "threads" },
});

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
