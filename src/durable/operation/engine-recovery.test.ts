import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { MemoryStore } from "../store/memory.ts";
import { put } from "../store/update.ts";
import { defineOperation } from "./define.ts";
import { makeEngine, makeGate } from "./engine-sample.ts";

describe("an operation that cannot get through", () => {
  /** Its undo, or the step after its commit point, fails as long as the world is broken. */
  const makeStubborn = (store: MemoryStore, world: { broken: boolean; log: string[] }) =>
    defineOperation<{ commits: boolean }>({
      kind: "stubborn.try",
      steps: [
        {
          name: "first",
          do: async () => void world.log.push("first"),
          undo: async () => void world.log.push("undo first"),
        },
        {
          name: "decide",
          commitPoint: true,
          do: async ({ input, commit }) => {
            if (!input.commits) throw new LodgeError("host.no_space", { path: "/" });
            await commit();
          },
          undo: async () => {
            if (world.broken) throw new Error("still broken");
          },
        },
        {
          name: "after",
          do: async () => {
            if (world.broken) throw new Error("still broken");
            await put(store, "after", true);
          },
        },
      ],
    });

  for (const commits of [false, true]) {
    test(`${commits ? "forward" : "back"} says so, and the next engine tries again`, async () => {
      const store = new MemoryStore();
      const world = { broken: true, log: [] as string[] };
      const definition = makeStubborn(store, world);
      const { engine } = await makeEngine([definition], { store });
      const { operation, completion } = await engine.start(definition, { commits }, { targets: ["a"] });
      const stuck = await completion;
      assert.equal(stuck.status, "failed");
      assert.equal(stuck.error?.code, commits ? "api.internal" : "operation.undo_failed");
      assert.match(stuck.error?.detail ?? "", /still broken/);
      assert.deepEqual(world.log, ["first"]);
      assert.equal(engine.holderOf("a"), undefined);

      world.broken = false;
      const { recovered } = await makeEngine([makeStubborn(store, world)], { store });
      assert.deepEqual(
        recovered.map((started) => started.operation.id),
        [operation.id],
      );
      const ended = await recovered[0]!.completion;
      assert.equal(ended.status, commits ? "succeeded" : "failed");
      assert.equal(ended.error?.code, commits ? undefined : "operation.interrupted");
      assert.deepEqual(world.log, commits ? ["first"] : ["first", "undo first"]);
      assert.equal((await makeEngine([definition], { store })).recovered.length, 0);
    });
  }

  test("is left alone once a later operation has had its target", async () => {
    const store = new MemoryStore();
    const world = { broken: true, log: [] as string[] };
    const definition = makeStubborn(store, world);
    const { engine } = await makeEngine([definition], { store });
    await (
      await engine.start(definition, { commits: false }, { targets: ["a"] })
    ).completion;
    world.broken = false;
    await (
      await engine.start(definition, { commits: true }, { targets: ["a"] })
    ).completion;
    assert.equal((await makeEngine([definition], { store })).recovered.length, 0);
    assert.deepEqual(world.log, ["first", "first"]);
  });

  test("when the store takes no more writes, it is undone all the same", async () => {
    const gate = makeGate();
    const store = new MemoryStore();
    const { engine } = await makeEngine([gate.definition], { store });
    const { completion } = await engine.start(gate.definition, "one", { targets: ["a"] });
    await gate.entered;
    await store.close();
    gate.open();
    const ended = await completion;
    assert.equal(ended.status, "failed");
    assert.equal(ended.error?.code, "store.unavailable");
    assert.deepEqual(gate.undone, ["one"]);
    // By its record it runs: nothing else has its target until it can be written that it does not.
    assert.equal(engine.holderOf("a"), ended.id);
    engine.halt();
  });
});

describe("an engine that takes over", () => {
  test("holds the targets of what was left before anything new may start", async () => {
    const store = new MemoryStore();
    const left = makeGate();
    const before = await makeEngine([left.definition], { store });
    const { operation } = await before.engine.start(left.definition, "old", { targets: ["a"] });
    await before.engine.start(left.definition, "queued", { targets: ["a"] });
    await left.entered;
    before.engine.halt();

    const undoing = Promise.withResolvers<void>();
    const steps = [{ name: "wait", do: async () => undefined, undo: () => undoing.promise }];
    const definition = defineOperation<string>({ kind: "gate.pass", steps });
    const { engine, recovered } = await makeEngine([definition], { store });
    assert.equal(recovered.length, 2);
    assert.equal(engine.holderOf("a"), operation.id);
    const next = await engine.start(definition, "new", { targets: ["a"] });
    assert.equal(next.operation.status, "queued");
    undoing.resolve();
    assert.equal((await next.completion).status, "succeeded");
    for (const { completion } of recovered)
      assert.equal((await completion).error?.code, "operation.interrupted");
  });

  test("tells again what was kept for an operation until it has ended, and nobody else of it", async () => {
    const store = new MemoryStore();
    const gate = makeGate();
    const before = await makeEngine([gate.definition], { store });
    const claim = { subject: "a place", adds: { disk: 5 } };
    const { operation } = await before.engine.start(gate.definition, "old", { targets: ["a"], claim });
    await before.engine.start(gate.definition, "other", { targets: ["b"] });
    assert.ok(!("claim" in operation));
    before.engine.halt();
    const { recovered } = await makeEngine([gate.definition], { store });
    for (const one of recovered)
      assert.deepEqual(one.claim, one.operation.id === operation.id ? claim : undefined);
    gate.open();
    await Promise.all(recovered.map(({ completion }) => completion));
    assert.deepEqual((await makeEngine([gate.definition], { store })).recovered, []);
  });

  test("leaves what it does not know for a Lodge that does", async () => {
    const store = new MemoryStore();
    const gate = makeGate();
    const before = await makeEngine([gate.definition], { store });
    const { operation } = await before.engine.start(gate.definition, "old", { targets: ["a"] });
    before.engine.halt();
    const ignorant = await makeEngine([], { store });
    assert.equal(ignorant.recovered.length, 0);
    assert.equal((await ignorant.engine.get(operation.id)).status, "running");
    await assert.rejects(ignorant.engine.cancel(operation.id), (error) =>
      hasCode(error, "operation.kind_unknown"),
    );
    const knowing = await makeEngine([gate.definition], { store });
    assert.equal((await knowing.recovered[0]!.completion).status, "failed");
  });
});
