import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasCode } from "#contract/errors";
import { defineOperation } from "./define.ts";
import { makeEngine, makeGate } from "./engine-sample.ts";

const yields = { yields: true } as const;
const refuse = { whenBusy: "refuse" } as const;

/** An engine with an operation that waits at a gate and one that ends at once. */
async function bench() {
  const gate = makeGate();
  const quick = defineOperation<string>({
    kind: "quick.pass",
    steps: [{ name: "pass", do: async () => {} }],
  });
  return { gate, quick, ...(await makeEngine([gate.definition, quick])) };
}

describe("an operation that yields", () => {
  test("is cancelled and undone for one that wants its target, which is not refused", async () => {
    const { engine, gate, quick } = await bench();
    const one = await engine.start(gate.definition, "one", { targets: ["a", "b"], ...yields });
    await gate.entered;
    const two = await engine.start(quick, "two", { targets: ["a"], ...refuse });
    assert.equal(two.operation.status, "queued");
    const ended = await one.completion;
    assert.equal(ended.status, "cancelled");
    assert.equal(ended.error?.detail, `It gave way to operation ${two.operation.id}.`);
    assert.deepEqual(gate.undone, ["one"]);
    assert.equal((await two.completion).status, "succeeded");
    assert.ok(!("yields" in ended));
  });

  test("leaves the line for one that comes later", async () => {
    const { engine, gate, quick } = await bench();
    const first = await engine.start(gate.definition, "first", { targets: ["a"] });
    const patient = await engine.start(quick, "patient", { targets: ["a", "b"], ...yields });
    const second = await engine.start(quick, "second", { targets: ["b"], ...refuse });
    assert.equal((await second.completion).status, "succeeded");
    assert.equal((await patient.completion).status, "cancelled");
    assert.equal(engine.holderOf("a"), first.operation.id);
    gate.open();
    await first.completion;
  });

  test("waits for those that do not, and for others that yield", async () => {
    const { engine, gate, quick } = await bench();
    const first = await engine.start(gate.definition, "first", { targets: ["a"], ...yields });
    await gate.entered;
    const second = await engine.start(quick, "second", { targets: ["a"], ...yields });
    assert.equal(second.operation.status, "queued");
    const refused = engine.start(quick, "third", { targets: ["a"], ...yields, ...refuse });
    await assert.rejects(refused, (error) => hasCode(error, "operation.target_busy"));
    gate.open();
    assert.equal((await first.completion).status, "succeeded");
    assert.equal((await second.completion).status, "succeeded");
  });

  test("past its point of no return ends first", async () => {
    const gate = makeGate();
    const definition = defineOperation<string>({
      kind: "gate.committed",
      steps: [
        { name: "commit", commitPoint: true, do: async () => {} },
        { name: "wait", do: (context) => gate.definition.steps[0]!.do(context) as Promise<void> },
      ],
    });
    const { quick } = await bench();
    const { engine } = await makeEngine([definition, quick]);
    const one = await engine.start(definition, "one", { targets: ["a"], ...yields });
    await gate.entered;
    const two = await engine.start(quick, "two", { targets: ["a"], ...refuse });
    assert.equal((await engine.get(two.operation.id)).status, "queued");
    gate.open();
    assert.equal((await one.completion).status, "succeeded");
    assert.equal((await two.completion).status, "succeeded");
  });

  test("still does after a restart of the engine", async () => {
    const { engine, gate, store } = await bench();
    await engine.start(gate.definition, "one", { targets: ["a"], ...yields });
    await gate.entered;
    engine.halt();
    const again = makeGate();
    const forward = { ...again.definition, resume: "forward" as const };
    const quick = defineOperation<string>({
      kind: "quick.pass",
      steps: [{ name: "pass", do: async () => {} }],
    });
    const next = await makeEngine([forward, quick], { store });
    await again.entered;
    const two = await next.engine.start(quick, "two", { targets: ["a"], ...refuse });
    assert.equal((await two.completion).status, "succeeded");
    assert.deepEqual(again.undone, ["one"]);
  });
});
