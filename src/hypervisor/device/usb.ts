/** The USB devices of a host, as Linux has them below /sys (Documentation/ABI/testing/sysfs-bus-usb). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface UsbDevice {
  /** Bus and ports on the way to it, which is where it is plugged in: "1-2.4". */
  readonly port: string;
  /** "046d:c52b": the same for all of one make. */
  readonly model: string;
  /** What it says that it is. */
  readonly name: string;
  /** The file that it is opened by. */
  readonly file: string;
}

const hub = "09";

function text(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8").trim();
  } catch {
    return "";
  }
}

const three = (number: string): string => number.padStart(3, "0");

/** Devices, and none of the hubs that they are plugged into. `sys`: where /sys is. */
export function usbDevices(sys = "/sys"): UsbDevice[] {
  const folder = join(sys, "bus/usb/devices");
  return entries(folder)
    .filter((name) => /^\d+-[\d.]+$/.test(name))
    .flatMap((port): UsbDevice[] => {
      const read = (name: string) => text(join(folder, port), name);
      const [bus, number] = [read("busnum"), read("devnum")];
      // One that is just being pulled out says nothing any more.
      if (bus === "" || number === "" || read("bDeviceClass") === hub) return [];
      const name = printable([read("manufacturer"), read("product")].filter(Boolean).join(" "));
      const model = `${read("idVendor")}:${read("idProduct")}`;
      return [{ port, model, name, file: `/dev/bus/usb/${three(bus)}/${three(number)}` }];
    })
    .toSorted((a, b) => a.port.localeCompare(b.port, "en", { numeric: true }));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A device says what it likes. */
const printable = (said: string): string => said.replace(/[^\x20-\x7e\u00a0-\uffff]/g, "").slice(0, 128);
