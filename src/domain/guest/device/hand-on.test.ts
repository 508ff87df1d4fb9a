import assert from "node:assert/strict";
import { closeSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bindsFor, handOn } from "./hand-on.ts";
import type { Hardware } from "./hardware.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-hand-on-"));
const file = join(folder, "004");
writeFileSync(file, "");
after(() => rmSync(folder, { recursive: true, force: true }));

const hardware = (more: Partial<Hardware> = {}): Hardware => ({
  usb: [{ port: "1-2", model: "0781:5581", name: "Stick", file }],
  pci: [],
  hasVfio: true,
  use: () => undefined,
  ...more,
});
const guest = (name: string, ...devices: string[]) => ({ id: `g-${name}`, name, devices });

function handed(devices: readonly string[], others: readonly ReturnType<typeof guest>[] = [], more = {}) {
  const inherited: string[] = [];
  const own = guest("a", ...devices);
  const found = handOn(
    own,
    [own, ...others],
    (descriptor) => {
      inherited.push(readlinkSync(`/proc/self/fd/${descriptor}`));
      closeSync(descriptor);
      return 7;
    },
    () => hardware(more),
  );
  return { ...found, inherited };
}

test("a USB device is opened for QEMU, by where it is or by its make", () => {
  for (const id of ["usb:1-2", "usb:0781:5581"]) {
    const { usb, inherited } = handed([id]);
    assert.deepEqual([usb, inherited], [[7], [file]]);
  }
});

test("one that is not plugged in is left out, and so is what is another guest's by its make", () => {
  assert.deepEqual(handed(["usb:1-3"]).usb, []);
  assert.deepEqual(handed(["usb:1-2"], [guest("b", "usb:0781:5581")]).usb, []);
});

test("one that cannot be opened keeps the guest from starting, and so does a PCI device that is not there", () => {
  const usb = [{ port: "1-2", model: "0781:5581", name: "", file: join(folder, "none") }];
  assert.throws(() => handed(["usb:1-2"], [], { usb }), { code: "device.unfit" });
  assert.throws(() => handed(["pci:0000:01:00.0"]), { code: "device.not_found" });
});

test("a cell sees nothing of VFIO but its guest's group", () => {
  assert.deepEqual(bindsFor({ groups: [] }), []);
  const seen = bindsFor({ groups: ["7"] }).filter(({ how }) => how === "device");
  assert.deepEqual(
    seen.map(({ from }) => from),
    ["/dev/vfio/vfio", "/dev/vfio/7"],
  );
});
