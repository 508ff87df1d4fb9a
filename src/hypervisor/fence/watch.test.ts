import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Watch } from "./watch.ts";

const guests = [{ id: "g1", mark: "path=/run/lodge/g1/" }];

describe("what a fence does", () => {
  it("is nothing before it is told of guests, and after they are gone", () => {
    const watch = new Watch();
    assert.deepEqual([watch.phase(0), watch.wait(0)], ["idle", undefined]);
    watch.tell({ until: 1000, guests });
    watch.tell({ until: 1000, guests: [] });
    assert.deepEqual([watch.phase(5000), watch.wait(5000)], ["idle", undefined]);
  });

  it("is to wait up to the deadline, and to end its guests from that moment on", () => {
    const watch = new Watch();
    watch.tell({ until: 1000, guests });
    assert.deepEqual(
      [watch.phase(999), watch.phase(1000), watch.phase(1e9)],
      ["holding", "refusing", "refusing"],
    );
    assert.equal(watch.wait(990), 10);
  });

  it("is to look at the clock often: a timer does not know how long the computer slept", () => {
    const watch = new Watch();
    watch.tell({ until: 60_000, guests });
    assert.equal(watch.wait(0), 250);
  });

  it("is to hold again once told of a later deadline, and to refuse at once what is told too late", () => {
    const watch = new Watch();
    watch.tell({ until: 1000, guests });
    assert.equal(watch.phase(1500), "refusing");
    watch.tell({ until: 2000, guests });
    assert.equal(watch.phase(1500), "holding");
    watch.tell({ until: 1400, guests });
    assert.equal(watch.phase(1500), "refusing");
  });

  it("is to look for what begins while it refuses, ever more seldom", () => {
    const watch = new Watch();
    watch.tell({ until: 1000, guests });
    assert.deepEqual([watch.wait(1000), watch.wait(3999), watch.wait(4000)], [200, 200, 1000]);
  });
});
