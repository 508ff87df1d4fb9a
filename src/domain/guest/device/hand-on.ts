/**
 * Hands a guest's devices on to its QEMU when it starts, and back to the host once it has ended.
 *
 *   usb   opened here, and inherited: its cell has no /dev/bus/usb. One that is not plugged in is left out.
 *   pci   its whole group is VFIO's; the cell has the group's file, which becomes its user's, and of /sys what leads there
 */
import { constants, existsSync, lchownSync, openSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import type { Bind } from "#hypervisor/cell/bubblewrap";
import { PciBus } from "#hypervisor/device/pci";
import type { GuestRecord } from "../record.ts";
import { holderOf, lookAtHardware, pciId, requireFree, usbIds, type Hardware } from "./hardware.ts";

export interface HandedOn {
  /** Inherited descriptors. */
  readonly usb: readonly number[];
  /** Addresses. */
  readonly pci: readonly string[];
  /** Groups of the IOMMU's that are VFIO's for it. */
  readonly groups: readonly string[];
}

const none: HandedOn = { usb: [], pci: [], groups: [] };

/** What a cell has to see for it. */
export function bindsFor({ groups }: Pick<HandedOn, "groups">): Bind[] {
  if (groups.length === 0) return [];
  return [
    { from: "/dev/vfio/vfio", how: "device" },
    ...groups.map((group): Bind => ({ from: `/dev/vfio/${group}`, how: "device" })),
    ...["/sys/bus/pci", "/sys/devices", "/sys/kernel/iommu_groups"].map((from): Bind => ({
      from,
      how: "read",
    })),
  ];
}

/**
 * @param inherit makes a descriptor one of QEMU's, which is closed here with the others
 * @param guests all there are
 * @throws LodgeError device.not_found, device.taken, device.unfit
 */
export function handOn(
  record: Pick<GuestRecord, "id" | "name" | "devices">,
  guests: readonly Pick<GuestRecord, "id" | "name" | "devices">[],
  inherit: (descriptor: number) => number,
  look: () => Hardware = lookAtHardware,
): HandedOn {
  const { devices = [] } = record;
  if (devices.length === 0) return none;
  const hardware = look();
  const others = guests.filter(({ id }) => id !== record.id);
  const usb = devices.flatMap((id) => {
    const found = hardware.usb.find((device) => usbIds(device).includes(id));
    // Of another make than when it was attached, it may be what another guest has by its make.
    if (!found || holderOf(found, others, hardware)) return [];
    const flags = constants.O_RDWR | constants.O_NOFOLLOW;
    return [inherit(orUnfit(id, () => openSync(found.file, flags)))];
  });
  for (const id of devices) if (id.startsWith("pci:")) requireFree(id, hardware, guests, record.id);
  const pci = hardware.pci.filter((device) => devices.includes(pciId(device)));
  const groups = [...new Set(pci.flatMap(({ group }) => group ?? []))];
  const bus = new PciBus();
  for (const group of groups) orUnfit(`group ${group}`, () => bus.take(group));
  return { usb, pci: pci.map(({ address }) => address), groups };
}

/** What the kernel refuses, in words. */
function orUnfit<T>(device: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const reason = `the host's kernel refuses it (${code})`;
    throw new LodgeError(
      "device.unfit",
      { device, reason, remedy: "'dmesg' on the host says why" },
      { cause: error },
    );
  }
}

/** Lets a cell's user open the groups. @throws LodgeError device.unfit */
export function entrustGroups(groups: readonly string[], user: number | undefined): void {
  for (const group of groups) {
    const file = `/dev/vfio/${group}`;
    if (!existsSync(file))
      throw new LodgeError("device.unfit", {
        device: `group ${group}`,
        reason: "VFIO did not take it",
        remedy: "'dmesg' on the host says why",
      });
    if (user !== undefined) lchownSync(file, user, user);
  }
}

/** Gives the PCI devices of a guest that has ended back to the host's drivers. Idempotent. */
export function handBack({ devices = [] }: Pick<GuestRecord, "devices">): void {
  if (!devices.some((id) => id.startsWith("pci:"))) return;
  const bus = new PciBus();
  for (const device of bus.list()) {
    if (device.group === undefined || !devices.includes(pciId(device))) continue;
    try {
      bus.giveBack(device.group);
    } catch (error) {
      // The guest has ended all the same; `lodge device ls` says which driver has it.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
}
