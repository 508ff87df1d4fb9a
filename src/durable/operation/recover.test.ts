import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LodgeError } from "#contract/errors";
import { defineOperation, OperationRegistry } from "./define.ts";
import type { OperationRecord } from "./record.ts";
import { planRecovery } from "./recover.ts";

const steps = ["one", "two", "three"].map((name) => ({ name, do: async () => undefined }));
const registry = new OperationRegistry().add(
  defineOperation({ kind: "back", steps }),
  defineOperation({ kind: "on", steps, resume: "forward" }),
);

const record = (patch: Partial<OperationRecord>): OperationRecord => ({
  id: "o1",
  kind: "back",
  targets: ["a"],
  status: "running",
  step: "two",
  stepsDone: ["one"],
  stepCount: 3,
  progress: { message: "" },
  cancellable: true,
  sequence: 1,
  startedAt: "2026-01-01T00:00:00.000Z",
  input: {},
  state: {},
  committed: false,
  cancelRequested: false,
  stuck: false,
  ...patch,
});

const cancelled = new LodgeError("operation.cancelled").toProblem();

describe("what becomes of an operation after a restart", () => {
  const cases: [string, Partial<OperationRecord>, string | undefined, string?][] = [
    ["it ran", {}, "unwind", "operation.interrupted"],
    ["it waited in line", { status: "queued", stepsDone: [] }, "unwind", "operation.interrupted"],
    ["it ran and resumes", { kind: "on" }, "forward"],
    [
      "it resumes, but was to be cancelled",
      { kind: "on", cancelRequested: true },
      "unwind",
      "operation.cancelled",
    ],
    [
      "it resumes, but was being undone",
      { kind: "on", status: "undoing", error: cancelled },
      "unwind",
      "operation.cancelled",
    ],
    ["it resumes, but its steps are others now", { kind: "on", stepsDone: ["zero"] }, "unwind"],
    ["it was committed", { committed: true }, "forward"],
    ["it was committed and stuck", { committed: true, status: "failed", stuck: true }, "forward"],
    ["it was committed, but its steps are others now", { committed: true, stepsDone: ["zero"] }, undefined],
    ["its undo was stuck", { kind: "on", status: "failed", stuck: true }, "unwind", "operation.interrupted"],
    ["its kind is unknown", { kind: "gone" }, undefined],
  ];
  for (const [name, patch, action, because] of cases) {
    test(name, () => {
      const [plan] = planRecovery([record(patch)], registry);
      assert.equal(plan?.action, action);
      if (because) assert.equal(plan?.because.code, because);
    });
  }

  test("it had ended", () => {
    for (const status of ["succeeded", "failed", "cancelled"] as const) {
      assert.deepEqual(planRecovery([record({ status })], registry), []);
    }
  });

  test("those that ran come first, then those stuck, then those in line, the oldest first", () => {
    const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
    const records = [
      record({ id: "queued", status: "queued", startedAt: at(3) }),
      record({ id: "newer", startedAt: at(4), targets: ["b"] }),
      record({ id: "stuck", status: "failed", stuck: true, startedAt: at(1), targets: ["c"] }),
      record({ id: "older", startedAt: at(2) }),
    ];
    const order = planRecovery(records, registry).map((plan) => plan.record.id);
    assert.deepEqual(order, ["older", "newer", "stuck", "queued"]);
  });
});
