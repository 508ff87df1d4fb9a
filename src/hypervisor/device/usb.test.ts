import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { usbDevices } from "./usb.ts";

const sys = mkdtempSync(join(tmpdir(), "lodge-sys-"));
after(() => rmSync(sys, { recursive: true, force: true }));

function plug(name: string, files: Readonly<Record<string, string>>): void {
  const folder = join(sys, "bus/usb/devices", name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), `${text}\n`);
}

test("devices are found where they are plugged in, without hubs and the parts of devices", () => {
  const ids = { idVendor: "046d", idProduct: "c52b" };
  plug("usb1", { busnum: "1", devnum: "1", bDeviceClass: "09" });
  plug("1-10", { ...ids, busnum: "1", devnum: "12", bDeviceClass: "00", product: "Receiver" });
  plug("1-2", { ...ids, busnum: "1", devnum: "3", bDeviceClass: "09", product: "Hub" });
  plug("1-2.4", {
    ...ids,
    busnum: "1",
    devnum: "112",
    bDeviceClass: "ff",
    manufacturer: "A\u001b[31m",
    product: "Key",
  });
  plug("1-2.4:1.0", { bInterfaceClass: "03" });
  plug("2-1", { idVendor: "1d6b" });
  assert.deepEqual(usbDevices(sys), [
    { port: "1-2.4", model: "046d:c52b", name: "A[31m Key", file: "/dev/bus/usb/001/112" },
    { port: "1-10", model: "046d:c52b", name: "Receiver", file: "/dev/bus/usb/001/012" },
  ]);
});

test("a host without USB has none", () => {
  assert.deepEqual(usbDevices(join(sys, "none")), []);
});
