import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { throttleArguments } from "./throttle.ts";

describe("a disk's limits, as QEMU takes them", () => {
  it("are on the device that has the drive, in a group", () => {
    assert.deepEqual(
      throttleArguments({ id: "disk0", bus: "virtio-blk" }, { readBytes: 1e6, writeOps: 50 }, "g"),
      {
        id: "/machine/peripheral/disk0-dev/virtio-backend",
        bps: 0,
        iops: 0,
        bps_rd: 1e6,
        bps_wr: 0,
        iops_rd: 0,
        iops_wr: 50,
        group: "g",
      },
    );
    assert.equal(throttleArguments({ id: "disk1", bus: "sata" }, {}, "g")["id"], "disk1-dev");
  });

  it("have a burst where they have a rate", () => {
    const burst = { factor: 2.5, seconds: 30 };
    const { bps_rd_max, bps_rd_max_length, bps_wr_max } = throttleArguments(
      { id: "disk0", bus: "virtio-scsi" },
      { readBytes: 1001, burst },
      "g",
    );
    assert.deepEqual([bps_rd_max, bps_rd_max_length, bps_wr_max], [2503, 30, undefined]);
  });
});
