import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { usual } from "../guest/compose.ts";
import { obstacle } from "./run.ts";

const image = { agent: "lodge", firmware: ["bios", "uefi"] } satisfies Parameters<typeof obstacle>[1];
const GiB = 1024 ** 3;

describe("a new guest", () => {
  it("forks where it is of the usual shape, with a disk of any size", () => {
    assert.equal(obstacle({}, image), undefined);
    assert.equal(obstacle({ disks: [{}], sound: true }, image), undefined);
    const disk = { size: 40 * GiB, bus: "virtio-blk", format: "qcow2" } as const;
    assert.equal(obstacle({ disks: [disk], boot: "disk" }, image), undefined);
  });

  it("has a sound card and room for a browser where its image has a desktop, and what the image says before that", () => {
    assert.deepEqual(usual(undefined, { sound: true }), {});
    assert.deepEqual(usual({ desktop: true }, { sound: true }), { memory: 1.5 * GiB, sound: true });
    assert.deepEqual(usual({ desktop: true, memory: 2 * GiB }, { sound: false }), { memory: 2 * GiB });
  });

  it("boots with other disks, and says why", () => {
    assert.match(obstacle({ disks: [{}, { size: GiB }] }, image)!, /more than one disk/);
    assert.match(obstacle({ disks: [{ bus: "virtio-scsi" }] }, image)!, /on virtio-scsi/);
    assert.match(obstacle({ disks: [{ bus: "sata" }] }, image)!, /on sata/);
    assert.match(obstacle({ disks: [{ format: "raw" }] }, image)!, /raw copy/);
  });

  it("boots where it starts by UEFI, asked for or because its image starts by nothing else", () => {
    assert.match(obstacle({ firmware: "uefi" }, image)!, /UEFI/);
    assert.match(obstacle({ secureBoot: true }, image)!, /UEFI/);
    assert.match(obstacle({}, { ...image, firmware: ["uefi"] })!, /UEFI/);
    assert.equal(obstacle({ firmware: "bios" }, { ...image, firmware: ["uefi"] }), undefined);
    assert.throws(() => obstacle({ firmware: "bios", secureBoot: true }, image), {
      code: "api.invalid",
      params: { field: "secureBoot", reason: "is for UEFI, and firmware says bios" },
    });
  });
});
