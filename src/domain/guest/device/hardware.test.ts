import assert from "node:assert/strict";
import { test } from "node:test";
import type { PciDevice } from "#hypervisor/device/pci";
import { requireFree, shown, type Hardware } from "./hardware.ts";

const stick = { port: "1-2", model: "0781:5581", name: "Stick", file: "/dev/bus/usb/001/004" };
const pci = (address: string, more: Partial<PciDevice> = {}): PciDevice => ({
  address,
  model: "10de:1b80",
  name: "display",
  group: "7",
  ...more,
});
const [screen, sound] = [pci("0000:01:00.0"), pci("0000:01:00.1", { name: "multimedia" })];
const hardware = (more: Partial<Hardware> = {}): Hardware => ({
  usb: [stick],
  pci: [screen, sound, pci("0000:02:00.0", { group: "8" })],
  hasVfio: true,
  use: () => undefined,
  ...more,
});
const guest = (name: string, ...devices: string[]) => ({ id: `g-${name}`, name, devices });
const taken = { code: "device.taken" };
const unfit = { code: "device.unfit" };

test("a USB device is one guest's, by whichever of its names that has it", () => {
  requireFree("usb:1-2", hardware(), [], "g-b");
  for (const held of ["usb:1-2", "usb:0781:5581"])
    for (const wanted of ["usb:1-2", "usb:0781:5581"])
      assert.throws(() => requireFree(wanted, hardware(), [guest("a", held)], "g-b"), taken);
  requireFree("usb:0781:5581", hardware(), [guest("b", "usb:1-2")], "g-b");
});

test("a PCI device is one guest's with all of its group", () => {
  const guests = [guest("a", "pci:0000:01:00.0")];
  assert.throws(() => requireFree("pci:0000:01:00.1", hardware(), guests, "g-b"), taken);
  requireFree("pci:0000:01:00.1", hardware(), guests, "g-a");
  requireFree("pci:0000:02:00.0", hardware(), guests, "g-b");
});

test("what is not there is not found", () => {
  for (const id of ["usb:1-3", "usb:0781:0000", "pci:0000:09:00.0"])
    assert.throws(() => requireFree(id, hardware(), [], "g"), { code: "device.not_found" });
});

test("a PCI device that cannot be parted from the host stays its, and it is said why", () => {
  const id = "pci:0000:01:00.0";
  const without = hardware({ pci: [{ address: "0000:01:00.0", model: "1:1", name: "display" }] });
  assert.throws(() => requireFree(id, without, [], "g"), unfit);
  assert.throws(() => requireFree(id, hardware({ hasVfio: false }), [], "g"), unfit);
  const use = (device: PciDevice) =>
    device.address.endsWith(".1") ? "a file system on it is mounted" : undefined;
  assert.throws(() => requireFree(id, hardware({ use }), [], "g"), unfit);
});

test("all are shown, with whose they are and what goes along", () => {
  const [usb, first] = shown(hardware(), [guest("a", "usb:1-2")]);
  assert.deepEqual(usb, { id: "usb:1-2", kind: "usb", model: "0781:5581", name: "Stick", guest: "a" });
  assert.deepEqual(first?.along, ["pci:0000:01:00.1"]);
  assert.equal(first?.problem, undefined);
});
