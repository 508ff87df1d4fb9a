import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outlook, sendingOf, type Sending } from "./outlook.ts";

const MiB = 2 ** 20;
const sending = (over: Partial<Sending> = {}): Sending => ({
  total: 1024 * MiB,
  remaining: 512 * MiB,
  transferred: 0,
  rate: 128 * MiB,
  dirtyRate: 0,
  pass: 1,
  throttle: 0,
  ...over,
});
const secondsOf = (found: ReturnType<typeof outlook>) => (found.kind === "ends" ? found.seconds : undefined);

describe("the outlook of a machine's memory on its way", () => {
  it("is what is left by the speed, where the machine writes nothing", () => {
    assert.equal(secondsOf(outlook(sending(), 300)), 4);
  });

  it("counts what is written again, pass after pass", () => {
    const seconds = secondsOf(outlook(sending({ dirtyRate: 64 * MiB }), 300))!;
    // 4 + 2 + 1 + ½, and the last quarter of a second in which it stands still.
    assert.equal(seconds, 7.75);
  });

  it("is none where the machine writes faster than is sent, and says what would do", () => {
    assert.deepEqual(outlook(sending({ dirtyRate: 200 * MiB }), 300), {
      kind: "does-not-converge",
      rate: 200 * MiB,
      downtime: 4000,
    });
  });

  it("is good where the rest fits into the time it may stand still, however fast it writes", () => {
    assert.equal(secondsOf(outlook(sending({ remaining: 32 * MiB, dirtyRate: 1024 * MiB }), 300)), 0.25);
  });

  it("looks at one pass alone where there is only one", () => {
    assert.deepEqual(outlook(sending({ remaining: 128 * MiB }), 300, true), {
      kind: "stands-still",
      seconds: 1,
      most: 8000,
    });
    assert.equal(secondsOf(outlook(sending({ remaining: 128 * MiB, pass: 2 }), 300, true)), 1);
    assert.equal(secondsOf(outlook(sending({ remaining: 128 * MiB }), 10_000, true)), 1);
  });

  it("is unknown before anything was sent", () => {
    assert.deepEqual(outlook(sending({ rate: 0 }), 300), { kind: "unknown" });
  });
});

describe("what QEMU says of a migration", () => {
  const ram = { total: 100, remaining: 40, transferred: 50, "dirty-sync-count": 1 };

  it("says nothing before it has begun", () => {
    assert.equal(sendingOf({ status: "setup" }, 0), undefined);
  });

  it("has the speed so far until it is measured", () => {
    assert.equal(sendingOf({ ram }, 2)?.rate, 25);
    assert.equal(sendingOf({ ram: { ...ram, mbps: 8 } }, 2)?.rate, 1e6);
  });

  it("counts written pages in bytes", () => {
    assert.equal(
      sendingOf({ ram: { ...ram, "dirty-pages-rate": 3, "page-size": 4096 } }, 1)?.dirtyRate,
      12288,
    );
  });
});
