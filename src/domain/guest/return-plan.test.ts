import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { comesBack, startGroups } from "./return-plan.ts";

type Left = Parameters<typeof comesBack>[0];
const left = (state: Left["state"], more: Partial<Left> = {}): Left => ({
  state,
  restart: "never",
  removeWhenStopped: false,
  ...more,
});
const policies = ["never", "on-failure", "always"] as const;
/** Under each policy, in this order. */
const answers = (rebooted: boolean, record: Left) =>
  policies.map((restart) => comesBack({ ...record, restart }, rebooted));

describe("a guest whose process is gone when the daemon starts", () => {
  const no = undefined;
  const yes = "running";

  it("comes back on always, and where the host failed it on on-failure", () => {
    for (const state of ["running", "paused", "starting", "suspending"] as const) {
      assert.deepEqual(answers(false, left(state)), [no, no, yes], state);
      assert.deepEqual(answers(true, left(state)), [no, yes, yes], state);
    }
  });

  it("that rested or was being stopped comes back with the host alone, and only on always", () => {
    for (const state of ["stopped", "crashed", "suspended", "stopping"] as const) {
      assert.deepEqual(answers(false, left(state)), [no, no, no], state);
      assert.deepEqual(answers(true, left(state)), [no, no, yes], state);
    }
  });

  it("that the host's shutdown put to rest comes back as it was, whatever its policy, also without a reboot", () => {
    for (const state of ["stopped", "suspended", "crashed", "running"] as const) {
      for (const back of ["running", "paused"] as const)
        assert.deepEqual(answers(false, left(state, { comesBack: back })), [back, back, back], state);
    }
  });

  it("that is to be removed when it stops stays away", () => {
    assert.deepEqual(answers(true, left("running", { removeWhenStopped: true })), [no, no, no]);
  });

  it("that was only half made or half removed stays away", () => {
    for (const state of ["creating", "deleting"] as const)
      assert.deepEqual(answers(true, left(state, { comesBack: "running" })), [no, no, no], state);
  });
});

describe("the order of a start", () => {
  it("is that of the numbers, and 100 where none was given", () => {
    const guests = [
      { id: "a" },
      { id: "b", startOrder: 10 },
      { id: "c", startOrder: 100 },
      { id: "d", startOrder: 200 },
    ];
    assert.deepEqual(
      startGroups(guests).map((group) => group.map(({ id }) => id)),
      [["b"], ["a", "c"], ["d"]],
    );
    assert.deepEqual(startGroups([]), []);
  });

  it("has every guest once, and numbers that grow", () => {
    const some = fc.array(fc.record({ startOrder: fc.integer({ min: 0, max: 9999 }) }));
    fc.assert(
      fc.property(some, (guests) => {
        const groups = startGroups(guests);
        assert.equal(groups.flat().length, guests.length);
        const numbers = groups.map(([first]) => first!.startOrder);
        assert.ok(numbers.every((number, at) => at === 0 || number > numbers[at - 1]!));
        assert.ok(groups.every((group, at) => group.every(({ startOrder }) => startOrder === numbers[at])));
      }),
    );
  });
});
