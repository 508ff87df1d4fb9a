import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { item, ovf } from "../../../test/fakes/ova.ts";
import { OvfTrouble, readOvf } from "./ovf.ts";

const MiB = 2 ** 20;
const hardware = (text: string) => readOvf(ovf({ hardware: text }));
const refused = (text: string, why: RegExp) =>
  assert.throws(
    () => readOvf(text),
    (error) => error instanceof OvfTrouble && why.test(error.message),
  );

describe("an OVF", () => {
  it("names its disk, and need not say more", () => {
    assert.deepEqual(readOvf(ovf({ href: "it is.vmdk" })), { disk: "it is.vmdk" });
  });

  it("suggests processors and memory, in units of any time", () => {
    const units = {
      "byte * 2^20": 768 * MiB,
      MegaBytes: 768 * MiB,
      "byte * 2^30": 768 * 1024 * MiB,
    } as const;
    for (const [unit, memory] of Object.entries(units))
      assert.deepEqual(hardware(item(3, 2) + item(4, 768, unit)), { disk: "disk.vmdk", cpus: 2, memory });
    assert.equal(hardware(item(4, 64) + item(4, 128)).memory, 64 * MiB);
  });

  it("suggests nothing that no machine has", () => {
    for (const text of [item(3, 0), item(3, 100_000), item(3, "many"), item(4, 1), item(4, 10, "parsecs")])
      assert.deepEqual(hardware(text), { disk: "disk.vmdk" });
    assert.deepEqual(hardware(item(4, 999_999_999, "byte * 2^40")), { disk: "disk.vmdk" });
  });

  it("says by which firmware it starts, in VMware's way and in VirtualBox's", () => {
    assert.equal(hardware('<vmw:Config vmw:key="firmware" vmw:value="efi"/>').firmware, "uefi");
    assert.equal(hardware('<vbox:Firmware type="EFI64"/>').firmware, "uefi");
    assert.equal(hardware('<vbox:Firmware type="BIOS"/>').firmware, "bios");
  });

  it("makes no image where it has several disks or none, or one that is not simply a file", () => {
    refused(ovf({ disks: 2 }), /2 disks/);
    refused(ovf({ disks: 0 }), /no disk/);
    refused(ovf({ file: 'ovf:compression="gzip"' }), /compressed/);
    refused(ovf({ file: 'ovf:chunkSize="100"' }), /pieces/);
    refused("<a/>", /no OVF/);
    refused("<Envelope/>", /0 machines/);
  });
});
