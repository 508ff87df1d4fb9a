import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeLimits } from "#contract/limits";
import { toChange, wishOf } from "./limit-wish.ts";

describe("limits in a form", () => {
  it("are the same when nothing was changed", () => {
    const limits = {
      weight: 50,
      cap: 0.5,
      pin: "0-1",
      swap: 0,
      disk: { readBytes: 5 * 2 ** 20, writeOps: 7, burst: { factor: 2, seconds: 5 } },
      disks: { disk1: { readOps: 9 } },
      nic: { out: 2 ** 20 },
    };
    assert.deepEqual(mergeLimits(limits, toChange(wishOf(limits))), limits);
    assert.equal(mergeLimits(undefined, toChange(wishOf())), undefined);
  });

  it("that are emptied are taken away", () => {
    const emptied = toChange({ ...wishOf({ cap: 2, nic: { in: 5000 } }), cap: "", netIn: "" });
    assert.equal(mergeLimits({ cap: 2, nic: { in: 5000 } }, emptied), undefined);
  });
});
