/**
 * The PCI devices of a host, as Linux has them below /sys, and giving them to VFIO and back.
 *
 * A device is isolated from others only as a group of the IOMMU's is: so all of a group are handed on or none. Sources:
 * Documentation/driver-api/vfio.rst, Documentation/ABI/testing/sysfs-bus-pci of Linux.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface PciDevice {
  /** "0000:01:00.0" */
  readonly address: string;
  /** "10de:1b80" */
  readonly model: string;
  /** What it is for, of a few words. */
  readonly name: string;
  /** The driver that has it, where one has. */
  readonly driver?: string;
  /** Its group of the IOMMU's, where the host has one. */
  readonly group?: string;
}

/** By the first byte of its class (pci.ids, section C). */
const classes: Readonly<Record<string, string>> = {
  "01": "storage",
  "02": "network",
  "03": "display",
  "04": "multimedia",
  "07": "communication",
  "08": "system",
  "0c": "serial bus",
  "0d": "wireless",
  "10": "encryption",
  "11": "signal processing",
  "12": "accelerator",
};

const bridge = "06";

export const vfioDriver = "vfio-pci";

export class PciBus {
  readonly #sys: string;

  /** `sys`: where /sys is. */
  constructor(sys = "/sys") {
    this.#sys = sys;
  }

  /** All but bridges, in order. */
  list(): PciDevice[] {
    return entries(this.#at("bus/pci/devices"))
      .toSorted()
      .flatMap((address) => this.#device(address) ?? []);
  }

  /** The devices of a group, without its bridges, which stay the host's. */
  groupOf(group: string): PciDevice[] {
    return entries(this.#at(`kernel/iommu_groups/${group}/devices`))
      .toSorted()
      .flatMap((address) => this.#device(address) ?? []);
  }

  /** Has VFIO take the devices of a group; those that it has already stay. */
  take(group: string): void {
    for (const { address, driver } of this.groupOf(group)) {
      if (driver === vfioDriver) continue;
      this.#write(address, "driver_override", vfioDriver);
      if (driver !== undefined) this.#write(address, "driver/unbind", address);
      this.#probe(address);
    }
  }

  /** Gives them back to whichever driver of the host's takes them. */
  giveBack(group: string): void {
    for (const { address, driver } of this.groupOf(group)) {
      if (driver !== vfioDriver) continue;
      this.#write(address, "driver_override", "\n");
      this.#write(address, "driver/unbind", address);
      this.#probe(address);
    }
  }

  #at(path: string): string {
    return join(this.#sys, path);
  }

  #probe(address: string): void {
    writeFileSync(this.#at("bus/pci/drivers_probe"), address);
  }

  #write(address: string, file: string, value: string): void {
    writeFileSync(this.#at(`bus/pci/devices/${address}/${file}`), value);
  }

  #device(address: string): PciDevice | undefined {
    const folder = this.#at(`bus/pci/devices/${address}`);
    const read = (name: string) => readFileSync(join(folder, name), "utf8").trim().replace(/^0x/, "");
    const kind = read("class").slice(0, 2);
    if (kind === bridge) return undefined;
    const [driver, group] = [linked(join(folder, "driver")), linked(join(folder, "iommu_group"))];
    return {
      address,
      model: `${read("vendor")}:${read("device")}`,
      name: classes[kind] ?? "other",
      ...(driver === undefined ? {} : { driver }),
      ...(group === undefined ? {} : { group }),
    };
  }

  /** Where the kernel has the device itself, below /sys/devices. */
  folderOf(address: string): string {
    return realpathSync(this.#at(`bus/pci/devices/${address}`));
  }

  /** Has the kernel VFIO? */
  hasVfio(): boolean {
    return existsSync(this.#at(`bus/pci/drivers/${vfioDriver}`));
  }
}

function linked(link: string): string | undefined {
  try {
    return basename(readlinkSync(link));
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
