/** Over a tree as Linux has it; that the kernel does as it is told is untested here. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { useOf } from "./in-use.ts";
import { PciBus } from "./pci.ts";

const root = mkdtempSync(join(tmpdir(), "lodge-pci-"));
after(() => rmSync(root, { recursive: true, force: true }));
const [sys, proc] = [join(root, "sys"), join(root, "proc")];

interface Made {
  readonly kind: string;
  readonly driver?: string;
  readonly group?: string;
}

function insert(address: string, { kind, driver, group }: Made): string {
  const device = join(sys, "devices/pci0000:00", address);
  mkdirSync(device, { recursive: true });
  for (const [file, text] of Object.entries({ vendor: "0x8086", device: "0x10d3", class: `0x${kind}0000` }))
    writeFileSync(join(device, file), `${text}\n`);
  mkdirSync(join(sys, "bus/pci/devices"), { recursive: true });
  symlinkSync(device, join(sys, "bus/pci/devices", address));
  if (driver !== undefined) {
    const folder = join(sys, "bus/pci/drivers", driver);
    mkdirSync(folder, { recursive: true });
    symlinkSync(folder, join(device, "driver"));
  }
  if (group !== undefined) {
    const folder = join(sys, "kernel/iommu_groups", group);
    mkdirSync(join(folder, "devices"), { recursive: true });
    symlinkSync(folder, join(device, "iommu_group"));
    symlinkSync(device, join(folder, "devices", address));
  }
  return device;
}

insert("0000:00:01.0", { kind: "06", driver: "pcieport", group: "7" });
const card = insert("0000:01:00.0", { kind: "02", driver: "e1000e", group: "7" });
const disk = insert("0000:01:00.1", { kind: "01", driver: "vfio-pci", group: "7" });
insert("0000:02:00.0", { kind: "03" });

const bus = new PciBus(sys);

test("devices are listed with their driver and group, and bridges are the host's", () => {
  assert.deepEqual(
    bus.list().map(({ address, name, driver, group }) => [address, name, driver, group]),
    [
      ["0000:01:00.0", "network", "e1000e", "7"],
      ["0000:01:00.1", "storage", "vfio-pci", "7"],
      ["0000:02:00.0", "display", undefined, undefined],
    ],
  );
  assert.deepEqual(
    bus.groupOf("7").map(({ address }) => address),
    ["0000:01:00.0", "0000:01:00.1"],
  );
  assert.equal(bus.hasVfio(), true);
  assert.equal(bus.folderOf("0000:01:00.0"), card);
});

test("VFIO takes what it has not yet, and gives back what it has, each told for that device alone", () => {
  bus.take("7");
  assert.equal(readFileSync(join(card, "driver_override"), "utf8"), "vfio-pci");
  assert.equal(readFileSync(join(sys, "bus/pci/drivers/e1000e/unbind"), "utf8"), "0000:01:00.0");
  assert.equal(readFileSync(join(sys, "bus/pci/drivers_probe"), "utf8"), "0000:01:00.0");
  assert.throws(() => readFileSync(join(disk, "driver_override")), { code: "ENOENT" });
  bus.giveBack("7");
  assert.equal(readFileSync(join(disk, "driver_override"), "utf8"), "\n");
  assert.equal(readFileSync(join(sys, "bus/pci/drivers/vfio-pci/unbind"), "utf8"), "0000:01:00.1");
  assert.equal(readFileSync(join(sys, "bus/pci/drivers_probe"), "utf8"), "0000:01:00.1");
});

test("what the host itself needs is not handed on: its disks, also below LVM, its swap, its way out", () => {
  const at = { sys, proc };
  mkdirSync(join(proc, "self"), { recursive: true });
  mkdirSync(join(proc, "net"), { recursive: true });
  assert.equal(useOf(disk, at), undefined);
  const block = join(disk, "ata1/block/sda");
  const mapped = join(sys, "devices/virtual/block/dm-0");
  mkdirSync(block, { recursive: true });
  mkdirSync(join(mapped, "slaves"), { recursive: true });
  for (const folder of ["dev/block", "class/block", "class/net"])
    mkdirSync(join(sys, folder), { recursive: true });
  symlinkSync(block, join(mapped, "slaves/sda"));
  symlinkSync(mapped, join(sys, "dev/block/254:0"));
  symlinkSync(block, join(sys, "class/block/sda"));
  writeFileSync(join(proc, "self/mountinfo"), "22 1 254:0 / / rw - ext4 /dev/mapper/root rw\n");
  assert.match(useOf(disk, at) ?? "", /mounted/);
  writeFileSync(join(proc, "self/mountinfo"), "22 1 0:30 / / rw - tmpfs none rw\n");
  writeFileSync(join(proc, "swaps"), "Filename Type\n/dev/sda partition 1 0 -2\n");
  assert.match(useOf(disk, at) ?? "", /swaps/);
  const net = join(card, "net/eth0");
  mkdirSync(net, { recursive: true });
  symlinkSync(net, join(sys, "class/net/eth0"));
  writeFileSync(join(proc, "net/route"), "Iface\tDestination\neth0\t00000000\t0101\n");
  assert.match(useOf(card, at) ?? "", /eth0/);
  writeFileSync(join(proc, "swaps"), "");
  assert.equal(useOf(disk, at), undefined);
});
