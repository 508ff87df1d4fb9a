import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limitOptions, limitsOf, parseBurst, parseCap, parseRate } from "./limit-options.ts";

const disk = limitOptions["disk-read"].parse;

describe("limits on the command line", () => {
  it("are read", () => {
    assert.equal(parseRate("50M/s"), 50 * 2 ** 20);
    assert.equal(parseCap("0.5"), 0.5);
    assert.deepEqual(parseBurst("2.5x30s"), { factor: 2.5, seconds: 30 });
    for (const bad of ["", "x", "-1", "0"]) assert.throws(() => parseCap(bad), RangeError);
    for (const bad of ["4x", "0x5s", "4x5m"]) assert.throws(() => parseBurst(bad), RangeError);
    assert.throws(() => parseRate("1"), RangeError);
  });

  it("are of all disks or of one, and 'none' takes one away", () => {
    const burst = limitOptions["disk-burst"].parse("disk1:4x10s");
    assert.deepEqual(
      limitsOf({
        "cpu-cap": null,
        "cpu-pin": "0-1",
        "disk-read": [disk("8K"), disk("disk1:none")],
        "disk-burst": [burst],
        "net-out": [limitOptions["net-out"].parse("nic0:1M")],
      }),
      {
        cap: null,
        pin: "0-1",
        disk: { readBytes: 8192 },
        disks: { disk1: { readBytes: null, burst: { factor: 4, seconds: 10 } } },
        nics: { nic0: { out: 2 ** 20 } },
      },
    );
    assert.equal(limitsOf({}), undefined);
  });
});
