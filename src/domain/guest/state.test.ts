import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { guestActions, isAllowed, type GuestAction } from "#contract/actions";
import type { GuestState } from "./record.ts";
import { afterEnd, canBecome, hasProcess, requireAction } from "./state.ts";

const states: readonly GuestState[] = [
  "creating",
  "stopped",
  "starting",
  "running",
  "paused",
  "suspending",
  "suspended",
  "stopping",
  "crashed",
  "deleting",
];

test("a refusal names the states that would have done", () => {
  assert.throws(() => requireAction({ name: "web", state: "stopped" }, "pause"), {
    code: "guest.wrong_state",
    message: "Guest 'web' is stopped; to pause it, it must be running.",
    hint: "'lodge start web' starts it.",
  });
  assert.throws(() => requireAction({ name: "web", state: "running" }, "resize"), {
    message: "Guest 'web' is running; to change its processors and memory, it must be stopped or crashed.",
    hint: "'lodge stop web' shuts it down.",
  });
  assert.throws(() => requireAction({ name: "web", state: "paused" }, "exec"), {
    message: "Guest 'web' is paused; to run a command in it, it must be running.",
    hint: "'lodge resume web' lets it go on.",
  });
});

test("an action is refused exactly where the table does not allow it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...states),
      fc.constantFrom(...(Object.keys(guestActions) as GuestAction[])),
      (state, action) => {
        const attempt = () => requireAction({ name: "g", state }, action);
        if (isAllowed(action, state)) attempt();
        else assert.throws(attempt);
      },
    ),
  );
});

test("a process that ends leaves a state without a process, along a transition that exists", () => {
  fc.assert(
    fc.property(fc.constantFrom(...states), fc.boolean(), (state, clean) => {
      const next = afterEnd(state, clean);
      assert.equal(next === undefined, !hasProcess(state));
      if (next === undefined) return;
      assert.equal(hasProcess(next), false);
      assert.equal(canBecome(state, next), true);
    }),
  );
});

test("every state can be left for deleting, and nothing leaves that", () => {
  for (const state of states) {
    assert.equal(canBecome(state, "deleting"), true);
    if (state !== "deleting") assert.equal(canBecome("deleting", state), false);
  }
});
