import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Sending } from "#hypervisor/qemu/migrate/outlook";
import { tellProgress } from "./tell-progress.ts";

const MiB = 2 ** 20;
const sending: Sending = {
  total: 512 * MiB,
  remaining: 256 * MiB,
  transferred: 256 * MiB,
  rate: 128 * MiB,
  dirtyRate: 0,
  pass: 1,
  throttle: 0,
};

describe("a move's progress in words", () => {
  it("says how much of the disks is there", () => {
    assert.deepEqual(tellProgress({ what: "disks", fraction: 0.5 }), {
      fraction: 0.4,
      message: "copying disks: 50 %",
    });
  });

  it("says what is left of the memory, and when it will be through", () => {
    const { message } = tellProgress({ what: "memory", sending, outlook: { kind: "ends", seconds: 2 } });
    assert.equal(message, "sending memory: 256 MiB left, 128 MiB/s, about 2.0 s more");
  });

  it("says for how long it may stand still where nobody knows what is written meanwhile", () => {
    const outlook = { kind: "stands-still", seconds: 2, most: 4000 } as const;
    const { message } = tellProgress({ what: "memory", sending, outlook });
    assert.match(message!, /about 2\.0 s more; without KVM it stands still .* for up to 4\.0 s$/);
  });

  it("says that it does not converge, and what it would take", () => {
    const { message } = tellProgress({
      what: "memory",
      sending: { ...sending, dirtyRate: 200 * MiB, throttle: 20 },
      outlook: { kind: "does-not-converge", rate: 200 * MiB, downtime: 2000 },
    });
    assert.match(message!, /slowed down by 20 %; it writes 200 MiB\/s, which does not converge/);
    assert.match(message!, /2000 ms$/);
  });
});
