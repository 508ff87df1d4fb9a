/** What of a host's devices can be handed on to guests, and whose they are. */
import { LodgeError } from "#contract/errors";
import type { HostDevice } from "#contract/schema/device";
import { useOf } from "#hypervisor/device/in-use";
import { PciBus, vfioDriver, type PciDevice } from "#hypervisor/device/pci";
import { usbDevices, type UsbDevice } from "#hypervisor/device/usb";
import type { GuestRecord } from "../record.ts";

/** What this host has now. */
export interface Hardware {
  readonly usb: readonly UsbDevice[];
  readonly pci: readonly PciDevice[];
  readonly hasVfio: boolean;
  /** Why the host itself needs a PCI device; undefined where it does not. */
  readonly use: (device: PciDevice) => string | undefined;
}

export function lookAtHardware(): Hardware {
  const bus = new PciBus();
  return {
    usb: usbDevices(),
    pci: bus.list(),
    hasVfio: bus.hasVfio(),
    use: ({ address }) => useOf(bus.folderOf(address)),
  };
}

export const pciId = ({ address }: PciDevice): string => `pci:${address}`;

/** By where it is, and by its make. */
export const usbIds = ({ port, model }: UsbDevice): readonly string[] => [`usb:${port}`, `usb:${model}`];

/** The whole group, of which all go to one guest. */
export const groupOf = (device: PciDevice, { pci }: Pick<Hardware, "pci">): readonly PciDevice[] =>
  device.group === undefined ? [device] : pci.filter(({ group }) => group === device.group);

/** Why a PCI device cannot be handed on, and what to do about it. Pure, given the hardware. */
export function obstacleTo(
  device: PciDevice,
  hardware: Hardware,
): { readonly reason: string; readonly remedy: string } | undefined {
  if (device.group === undefined)
    return {
      reason: "the host has no IOMMU switched on",
      remedy:
        "Switch VT-d or AMD-Vi on in its firmware, and start it with intel_iommu=on where it is Intel's",
    };
  if (!hardware.hasVfio)
    return { reason: "its kernel has no VFIO loaded", remedy: "Load it with 'modprobe vfio-pci'" };
  for (const one of groupOf(device, hardware)) {
    if (one.driver === vfioDriver) continue;
    const use = hardware.use(one);
    if (use === undefined) continue;
    const whose = one === device ? "" : `${one.address} would go along, and `;
    return { reason: `${whose}${use}`, remedy: "Have the host do without it first" };
  }
  return undefined;
}

type Held = Pick<GuestRecord, "id" | "name" | "devices">;

/** Whose a device is already, or one that goes along with it. */
export function holderOf(
  device: UsbDevice | PciDevice,
  guests: readonly Held[],
  hardware: Pick<Hardware, "pci">,
): Held | undefined {
  const ids = "port" in device ? usbIds(device) : groupOf(device, hardware).map(pciId);
  return guests.find(({ devices = [] }) => devices.some((id) => ids.includes(id)));
}

/** Every device of the host, as its admins see it. */
export function shown(hardware: Hardware, guests: readonly Held[]): HostDevice[] {
  const whose = (device: UsbDevice | PciDevice) => {
    const guest = holderOf(device, guests, hardware)?.name;
    return guest === undefined ? {} : { guest };
  };
  const usb = hardware.usb.map((device): HostDevice => {
    const { port, model, name } = device;
    return { id: `usb:${port}`, kind: "usb", model, name, ...whose(device) };
  });
  const pci = hardware.pci.map((device): HostDevice => {
    const { model, name, driver } = device;
    const along = groupOf(device, hardware).filter((other) => other !== device);
    const problem = obstacleTo(device, hardware)?.reason;
    return {
      id: pciId(device),
      kind: "pci",
      model,
      name,
      ...(driver === undefined ? {} : { driver }),
      ...(along.length === 0 ? {} : { along: along.map(pciId) }),
      ...whose(device),
      ...(problem === undefined ? {} : { problem }),
    };
  });
  return [...usb, ...pci];
}

/**
 * What is attached by that name now.
 *
 * @throws LodgeError device.not_found, device.unfit, device.taken
 */
export function requireFree(id: string, hardware: Hardware, guests: readonly Held[], guest: string): void {
  const pci = hardware.pci.find((device) => pciId(device) === id);
  const usb = hardware.usb.find((device) => usbIds(device).includes(id));
  const found = pci ?? usb;
  if (!found) throw new LodgeError("device.not_found", { device: id, where: "on the host" });
  const holder = holderOf(
    found,
    guests.filter((one) => one.id !== guest),
    hardware,
  );
  if (holder) throw new LodgeError("device.taken", { device: id, guest: holder.name });
  const obstacle = pci && obstacleTo(pci, hardware);
  if (obstacle) throw new LodgeError("device.unfit", { device: id, ...obstacle });
}
