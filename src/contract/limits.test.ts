import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limitsOfDisk, limitsOfNic, mergeLimits } from "./limits.ts";

describe("a change of limits", () => {
  it("leaves what it does not name, and null takes away", () => {
    const now = { weight: 50, disk: { readBytes: 5000, writeOps: 10 } };
    assert.deepEqual(mergeLimits(now, { cap: 2, disk: { readBytes: null } }), {
      weight: 50,
      cap: 2,
      disk: { writeOps: 10 },
    });
    assert.deepEqual(mergeLimits(now, { weight: null, disk: null }), undefined);
    assert.deepEqual(now, { weight: 50, disk: { readBytes: 5000, writeOps: 10 } });
  });

  it("leaves out what has become empty, however deep", () => {
    const now = { disks: { disk0: { readOps: 5 }, disk1: { readOps: 6 } } };
    assert.deepEqual(mergeLimits(now, { disks: { disk0: { readOps: null } } }), {
      disks: { disk1: { readOps: 6 } },
    });
    assert.equal(mergeLimits(undefined, { nics: { nic0: { in: null } } }), undefined);
  });
});

describe("limits of one of several", () => {
  it("are its own, else those of all", () => {
    const limits = { disk: { readOps: 5 }, disks: { disk1: { writeOps: 7 } }, nic: { in: 4096 } };
    assert.deepEqual(limitsOfDisk(limits, "disk0"), { limits: { readOps: 5 }, alone: false });
    assert.deepEqual(limitsOfDisk(limits, "disk1"), { limits: { readOps: 5, writeOps: 7 }, alone: true });
    const faster = { disk: { readOps: 5 }, disks: { disk1: { readOps: 50 } } };
    assert.deepEqual(limitsOfDisk(faster, "disk1").limits, { readOps: 50 });
    assert.deepEqual(limitsOfNic(limits, "nic3"), { in: 4096 });
    assert.deepEqual(limitsOfNic(undefined, "nic3"), {});
  });
});
