import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { defaultPressure, priorityLabel, underPressure, type Candidate } from "./pressure.ts";

const settings = { low: 100, high: 200 };
const guest = (id: string, over: Partial<Candidate> & { priority?: string } = {}): Candidate => {
  const { priority, ...rest } = over;
  const labels = priority === undefined ? {} : { [priorityLabel]: priority };
  return { id, labels, how: "boot", held: 10, memory: 10, idle: 0, ...rest };
};
const pick = (available: number, guests: Candidate[], diskFree = 1e9) =>
  underPressure({ available, diskFree }, guests, settings);

describe("under memory pressure", () => {
  it("nothing is suspended while enough is available", () => {
    assert.deepEqual(pick(100, [guest("a")]), []);
  });

  it("guests go in the stated order", () => {
    const guests = [
      guest("high-fork", { priority: "high", how: "fork", idle: 1e6, held: 99 }),
      guest("busy-small", { held: 5 }),
      guest("busy-large", { held: 50 }),
      guest("idle", { idle: 60_000, held: 1 }),
      guest("fork-busy", { how: "fork", held: 2 }),
      guest("fork-idle", { how: "fork", idle: 61_000, held: 1 }),
      guest("low", { priority: "low", held: 1 }),
      guest("odd-label", { priority: "urgent", held: 4 }),
    ];
    assert.deepEqual(pick(-1000, guests), [
      "low",
      "fork-idle",
      "fork-busy",
      "idle",
      "busy-large",
      "busy-small",
      "odd-label",
      "high-fork",
    ]);
  });

  it("only as many go as are needed", () => {
    const guests = [guest("a", { held: 60 }), guest("b", { held: 50 }), guest("c", { held: 40 })];
    assert.deepEqual(pick(95, guests), ["a", "b"]);
  });

  it("those to be kept stay, and so do those that free nothing or do not fit on the disk", () => {
    const guests = [
      guest("kept", { priority: "keep" }),
      guest("empty", { held: 0 }),
      guest("big", { memory: 500 }),
      guest("x"),
    ];
    assert.deepEqual(pick(0, guests, 100), ["x"]);
    const two = [guest("a", { held: 20, memory: 60 }), guest("b", { memory: 60 })];
    assert.deepEqual(pick(0, two, 100), ["a"]);
  });

  it("the default leaves a gap between low and enough on any host", () => {
    for (const total of [1e9, 24e9, 1e12]) {
      const { low, high } = defaultPressure(total);
      assert.ok(low > 0 && high > low && high < total);
    }
  });

  it("what is chosen would suffice, or is all that may go; and no one goes in vain", () => {
    const any = fc.record({
      id: fc.uuid(),
      labels: fc.constantFrom<Record<string, string>>(
        {},
        { [priorityLabel]: "low" },
        { [priorityLabel]: "keep" },
      ),
      how: fc.constantFrom("boot", "fork"),
      held: fc.integer({ min: 0, max: 80 }),
      memory: fc.integer({ min: 1, max: 80 }),
      idle: fc.integer({ min: 0, max: 200_000 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), fc.integer({ min: 0, max: 250 }), (guests, available) => {
        const chosen = pick(available, guests);
        const held = (id: string) => guests.find((one) => one.id === id)?.held ?? 0;
        const freed = chosen.reduce((sum, id) => sum + held(id), 0);
        const may = guests.filter((one) => one.held > 0 && one.labels[priorityLabel] !== "keep");
        if (available >= settings.low) assert.equal(chosen.length, 0);
        else assert.ok(available + freed >= settings.high || chosen.length === may.length);
        const last = chosen.at(-1);
        if (last !== undefined) assert.ok(available + freed - held(last) < settings.high);
      }),
    );
  });
});
