import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { hasCode, LodgeError } from "#contract/errors";
import { ManualClock } from "../store/manual-clock.ts";
import { MemoryStore } from "../store/memory.ts";
import { defineOperation, OperationRegistry } from "./define.ts";
import { OperationEngine } from "./engine.ts";
import { makeEngine, makeGate } from "./engine-sample.ts";
import { operationKey, resultOf } from "./record.ts";

const never = new AbortController().signal;

describe("an operation", () => {
  test("answers at once with its record, and in the end with its result", async () => {
    const gate = makeGate();
    const { engine } = await makeEngine([gate.definition]);
    const { operation, completion } = await engine.start(gate.definition, "Ann", {
      targets: ["gate:1"],
      actor: "bob",
    });
    assert.equal(operation.status, "running");
    assert.equal(operation.step, "wait");
    assert.equal(operation.actor, "bob");
    assert.ok(!("input" in operation) && !("state" in operation));
    assert.deepEqual(await engine.get(operation.id), operation);
    gate.open();
    const ended = await completion;
    assert.equal(resultOf(gate.definition, ended), "Ann passed");
    assert.deepEqual(ended.stepsDone, ["wait"]);
    assert.ok(ended.sequence > operation.sequence);
    assert.deepEqual(await engine.get(operation.id), ended);
  });

  test("waits in line for its target, and others do not wait for it", async () => {
    const [first, second] = [makeGate(), makeGate()];
    const other = defineOperation<string>({ kind: "gate.other", steps: second.definition.steps });
    const { engine } = await makeEngine([first.definition, other]);
    const one = await engine.start(first.definition, "one", { targets: ["gate:1"] });
    const two = await engine.start(other, "two", { targets: ["gate:1", "gate:2"] });
    assert.equal(two.operation.status, "queued");
    assert.equal(engine.holderOf("gate:1"), one.operation.id);
    assert.equal(engine.holderOf("gate:2"), two.operation.id);
    second.open();
    const refusal = engine.start(first.definition, "three", { targets: ["gate:2"], whenBusy: "refuse" });
    await assert.rejects(
      refusal,
      (error) => hasCode(error, "operation.target_busy") && error.params["operation"] === two.operation.id,
    );
    first.open();
    assert.equal((await one.completion).status, "succeeded");
    assert.equal((await two.completion).status, "succeeded");
    assert.equal(engine.holderOf("gate:1"), undefined);
  });

  test("cancelled in line never begins", async () => {
    const gate = makeGate();
    const { engine } = await makeEngine([gate.definition]);
    const one = await engine.start(gate.definition, "one", { targets: ["gate:1"] });
    const two = await engine.start(gate.definition, "two", { targets: ["gate:1"] });
    await engine.cancel(two.operation.id);
    assert.equal((await two.completion).status, "cancelled");
    assert.deepEqual(gate.undone, []);
    gate.open();
    assert.equal((await one.completion).status, "succeeded");
  });

  test("cancelled while it runs is undone; twice is no error; afterwards it is too late", async () => {
    const gate = makeGate();
    const { engine } = await makeEngine([gate.definition]);
    const { operation, completion } = await engine.start(gate.definition, "one", { targets: ["gate:1"] });
    await gate.entered;
    await Promise.all([engine.cancel(operation.id), engine.cancel(operation.id)]);
    const ended = await completion;
    assert.equal(ended.status, "cancelled");
    assert.equal(ended.error?.code, "operation.cancelled");
    assert.deepEqual(gate.undone, ["one"]);
    assert.equal((await engine.cancel(operation.id)).status, "cancelled");
    const again = await engine.start(gate.definition, "two", { targets: ["gate:1"] });
    gate.open();
    await again.completion;
    await assert.rejects(engine.cancel(again.operation.id), (error) =>
      hasCode(error, "operation.not_cancellable"),
    );
    await assert.rejects(engine.cancel("o1"), (error) => hasCode(error, "operation.not_found"));
  });

  test("a step that must not be cancelled ends first", async () => {
    const gate = makeGate(false);
    const { engine } = await makeEngine([gate.definition]);
    const { operation, completion } = await engine.start(gate.definition, "one", { targets: [] });
    const { signal } = await gate.entered;
    await engine.cancel(operation.id);
    assert.equal(signal.aborted, false);
    assert.equal((await engine.get(operation.id)).status, "running");
    gate.open();
    assert.equal((await completion).status, "cancelled");
    assert.deepEqual(gate.undone, ["one"]);
  });

  test("begins together with the caller's changes, or not at all", async () => {
    const gate = makeGate();
    const { engine, store } = await makeEngine([gate.definition]);
    gate.open();
    const claim = {
      compare: [{ key: "names/a", revision: "absent" }],
      put: [{ key: "names/a", value: 1 }],
    } as const;
    const start = () => engine.start(gate.definition, "one", { targets: ["gate:1"], changes: claim });
    await (
      await start()
    ).completion;
    assert.ok(await store.get("names/a"));
    await assert.rejects(start(), (error) => hasCode(error, "store.conflict"));
    assert.equal((await engine.list()).length, 1);
    assert.equal(engine.holderOf("gate:1"), undefined);
  });

  test("fails with what its step said; a bug is said to be one", async () => {
    const thrown = [new LodgeError("guest.name_taken", { name: "a" }), new RangeError("a bug")];
    const definition = defineOperation<number>({
      kind: "error.throw",
      steps: [{ name: "throw", do: ({ input }) => Promise.reject(thrown[input]) }],
    });
    const { engine } = await makeEngine([definition]);
    const codes = [];
    for (const i of [0, 1]) {
      const { completion } = await engine.start(definition, i, { targets: [] });
      codes.push((await completion).error?.code);
    }
    assert.deepEqual(codes, ["guest.name_taken", "api.internal"]);
  });

  test("is not started by an engine that does not know it or has not recovered", async () => {
    const gate = makeGate();
    const { engine } = await makeEngine([]);
    await assert.rejects(engine.start(gate.definition, "one", { targets: [] }), TypeError);
    const registry = new OperationRegistry().add(gate.definition);
    const early = new OperationEngine({
      store: new MemoryStore(),
      registry,
      clock: systemClock,
      log: silentLog,
    });
    await assert.rejects(early.start(gate.definition, "one", { targets: [] }), TypeError);
  });
});

describe("progress", () => {
  test("is gathered, written at most five times a second, and never waited for", async () => {
    const clock = new ManualClock();
    const gate = makeGate();
    const { engine, store } = await makeEngine([gate.definition], { clock });
    const { operation } = await engine.start(gate.definition, "one", { targets: [] });
    const { progress } = await gate.entered;
    const revision = async () => (await store.get(operationKey(operation.id)))!.revision;
    const before = await revision();
    for (let i = 1; i <= 100; i++) progress({ fraction: i / 200, message: `${i}` });
    assert.equal(await revision(), before);
    clock.advance(200);
    const changed = await engine.wait(operation.id, never, operation.sequence);
    assert.deepEqual(changed.progress, { fraction: 0.5, message: "100" });
    assert.equal(await revision(), before + 1);
    progress({ message: "alone" });
    clock.advance(200);
    const again = await engine.wait(operation.id, never, changed.sequence);
    assert.deepEqual(again.progress, { fraction: 0.5, message: "alone" });
    gate.open();
  });
});

describe("waiting", () => {
  test("lasts until the operation has ended, or the signal", async () => {
    const gate = makeGate();
    const { engine } = await makeEngine([gate.definition]);
    const { operation } = await engine.start(gate.definition, "one", { targets: [] });
    const impatient = new AbortController();
    const waits = [engine.wait(operation.id, never), engine.wait(operation.id, impatient.signal)] as const;
    impatient.abort(new RangeError("enough"));
    await assert.rejects(waits[1], /enough/);
    gate.open();
    assert.equal((await waits[0]).status, "succeeded");
    assert.equal((await engine.wait(operation.id, never)).status, "succeeded");
    await assert.rejects(engine.wait("o1", never), (error) => hasCode(error, "operation.not_found"));
    await engine.idle();
  });

  test("lists are filtered, the newest first", async () => {
    const clock = new ManualClock();
    const gate = makeGate();
    gate.open();
    const { engine } = await makeEngine([gate.definition], { clock });
    for (const target of ["a", "b", "a"]) {
      clock.advance(1_000);
      await (
        await engine.start(gate.definition, target, { targets: [target] })
      ).completion;
    }
    const results = async (filter = {}) => (await engine.list(filter)).map((operation) => operation.result);
    assert.deepEqual(await results(), ["a passed", "b passed", "a passed"]);
    assert.deepEqual(await results({ target: "b" }), ["b passed"]);
    assert.deepEqual(await results({ status: "failed" }), []);
    assert.equal((await results({ limit: 2 })).length, 2);
  });
});
