import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { silentLog } from "#base/log";
import { hasCode } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { type AnyOperation, defineOperation, OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { Replies } from "./replies.ts";

const request = { key: "k", scope: "POST /v1/things", body: { name: "a" } };

describe("replies", () => {
  let store = new MemoryStore();
  let clock = new ManualClock();
  let replies: Replies;
  const operations = new Map<string, unknown>();
  const make = () =>
    new Replies({
      store,
      clock,
      key: new Uint8Array(32),
      operation: async (id) => operations.get(id) ?? Promise.reject(new TypeError(id)),
    });
  beforeEach(() => {
    store = new MemoryStore();
    clock = new ManualClock();
    operations.clear();
    replies = make();
  });

  it("do what is asked once, and tell whoever repeats it what came of it", async () => {
    let done = 0;
    const work = async () => ({ made: ++done });
    assert.deepEqual(await replies.once(request, work), { answer: { made: 1 }, replayed: false });
    assert.deepEqual(await replies.once(request, work), { answer: { made: 1 }, replayed: true });
    replies = make();
    assert.deepEqual(await replies.once(request, work), { answer: { made: 1 }, replayed: true });
    assert.deepEqual(await replies.once({ ...request, key: "other" }, work), {
      answer: { made: 2 },
      replayed: false,
    });
  });

  it("wait where the first is still under way", async () => {
    const first = Promise.withResolvers<string>();
    let done = 0;
    const work = () => (done++, first.promise);
    const both = [replies.once(request, work), replies.once(request, work)];
    first.resolve("made");
    assert.deepEqual(
      (await Promise.all(both)).map(({ answer, replayed }) => [answer, replayed]),
      [
        ["made", false],
        ["made", true],
      ],
    );
    assert.equal(done, 1);
  });

  it("refuse the key with another request, and keep scopes apart", async () => {
    const work = async () => "made";
    await replies.once(request, work);
    await assert.rejects(replies.once({ ...request, body: { name: "b" } }, work), (error) =>
      hasCode(error, "api.key_reused"),
    );
    const elsewhere = { ...request, scope: "POST /v1/others", body: 1 };
    assert.equal((await replies.once(elsewhere, work)).replayed, false);
  });

  it("let what failed be tried again", async () => {
    await assert.rejects(
      replies.once(request, () => Promise.reject(new TypeError("no"))),
      TypeError,
    );
    assert.equal((await replies.once(request, async () => "made")).replayed, false);
  });

  it("are forgotten after a day", async () => {
    await replies.once(request, async () => "made");
    clock.advance(24 * 3600 * 1000);
    assert.equal((await replies.once({ ...request, body: "other" }, async () => "again")).replayed, false);
  });

  it("do not lie open in the store", async () => {
    await replies.once(request, async () => ({ token: "a-secret" }));
    const { items } = await store.list("");
    assert.ok(!JSON.stringify(items).includes("a-secret"));
  });

  it("show an operation as it is now", async () => {
    const operation = { id: "o1", kind: "thing.make", stepCount: 1, status: "running" };
    await replies.once(request, async () => operation);
    operations.set("o1", { ...operation, status: "succeeded" });
    const again = (await replies.once(request, async () => "never")).answer as Operation;
    assert.equal(again.status, "succeeded");
    operations.clear();
    assert.equal(((await replies.once(request, async () => "never")).answer as Operation).status, "running");
  });

  it("know an operation that began although nobody was answered any more", async () => {
    const registry = new OperationRegistry();
    const definition = defineOperation<object>({
      kind: "thing.make",
      steps: [{ name: "make", do: async () => undefined }],
    });
    registry.add(definition as AnyOperation);
    const engine = new OperationEngine({ store, registry, clock, log: silentLog });
    await engine.recover();
    let id = "";
    // As if the daemon ended between the beginning and the answer.
    const cut = replies.once(request, async () => {
      ({ id } = (await engine.start(definition, {}, { targets: [] })).operation);
      throw new TypeError("the daemon was killed");
    });
    await assert.rejects(cut, TypeError);
    operations.set(id, { id, status: "succeeded" });
    assert.deepEqual(await make().once(request, async () => "never"), {
      answer: { id, status: "succeeded" },
      replayed: true,
    });
  });
});
