/** What becomes of an operation where the store does not answer what it was told, as an etcd whose members were killed. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, test } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { MemoryStore } from "../store/memory.ts";
import type { Item, Revision, Transaction } from "../store/store.ts";
import { defineOperation, type AnyOperation } from "./define.ts";
import { makeEngine } from "./engine-sample.ts";
import { operationKey, type OperationRecord } from "./record.ts";

const silence = () => new LodgeError("store.unavailable", { path: "etcd", reason: "nobody answers" });

/** It can be cut off at a transaction, which happens or does not, and answers nobody until it is healed. */
class CutStore extends MemoryStore {
  /** What becomes of the next transaction, which is not answered. */
  cut: "happens" | "is lost" | undefined;
  isCut = false;
  readonly #asking = new EventEmitter();

  /** Resolves when it has been asked twice more, in vain. */
  async askedAgain(): Promise<void> {
    for (let times = 0; times < 2; times++) await once(this.#asking, "asked");
  }

  override async transact(transaction: Transaction): Promise<Revision> {
    if (this.isCut) throw silence();
    if (this.cut === undefined) return super.transact(transaction);
    this.isCut = true;
    if (this.cut === "happens") await super.transact(transaction);
    throw new LodgeError("store.unsettled");
  }

  override async get(key: string): Promise<Item | undefined> {
    if (this.isCut) {
      this.#asking.emit("asked");
      throw silence();
    }
    return super.get(key);
  }
}

const makeOperation = (log: string[]) =>
  defineOperation<string>({
    kind: "thing.do",
    steps: [{ name: "do", do: async () => void log.push("do"), undo: async () => void log.push("undo") }],
  });

const recordOf = async (store: CutStore, id: string) =>
  (await store.get(operationKey(id)))?.value as OperationRecord;

async function begun(definition: AnyOperation, store: CutStore) {
  const { engine } = await makeEngine([definition], { store });
  const started = await engine.start(definition, "it", { targets: ["a"] });
  return { engine, ...started };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("an operation whose beginning was not answered", () => {
  for (const how of ["happens", "is lost"] as const)
    test(`${how === "happens" ? "is undone where it was written" : "leaves nothing where it was not"}`, async () => {
      const log: string[] = [];
      const store = new CutStore();
      const definition = makeOperation(log);
      const { engine } = await makeEngine([definition], { store });
      store.cut = how;
      const refused = engine.start(definition, "it", { targets: ["a"] });
      await assert.rejects(refused, (error) => hasCode(error, "store.unsettled"));
      store.cut = undefined;
      store.isCut = false;
      while (engine.holderOf("a") !== undefined) await settled();
      await engine.idle();
      const records = (await store.list("operations/")).items.map(({ value }) => value as OperationRecord);
      assert.deepEqual(
        records.map(({ status }) => status),
        how === "happens" ? ["failed"] : [],
      );
      assert.deepEqual(log, how === "happens" ? ["undo"] : []);
    });
});

describe("an operation whose point of no return was not answered", () => {
  for (const how of ["happens", "is lost"] as const)
    test(`${how === "happens" ? "goes on where it was passed" : "is undone where it was not"}, once that is certain`, async () => {
      const log: string[] = [];
      const store = new CutStore();
      const definition = defineOperation<string>({
        kind: "thing.move",
        steps: [
          {
            name: "copy",
            do: async () => void log.push("copy"),
            undo: async () => void log.push("undo copy"),
          },
          {
            name: "switch",
            commitPoint: true,
            async do({ commit }) {
              store.cut = how;
              await commit({ put: [{ key: "thing", value: "there" }] });
              log.push("switched");
            },
            undo: async () => void log.push("undo switch"),
          },
        ],
      });
      const { completion } = await begun(definition, store);
      await store.askedAgain();
      assert.deepEqual(log, ["copy"]);
      store.cut = undefined;
      store.isCut = false;
      const { status, error } = await completion;
      const thing = (await store.get("thing"))?.value;
      if (how === "happens") {
        assert.deepEqual([status, thing], ["succeeded", "there"]);
        assert.deepEqual(log, ["copy", "switched"]);
      } else {
        assert.deepEqual([status, error?.code, thing], ["failed", "store.unsettled", undefined]);
        assert.deepEqual(log, ["copy", "undo switch", "undo copy"]);
      }
    });
});

describe("an operation whose end could not be written", () => {
  test("has its targets until that is, and is not undone by the next engine", async () => {
    const log: string[] = [];
    const store = new CutStore();
    const definition = defineOperation<string>({
      kind: "thing.fail",
      steps: [
        {
          name: "fail",
          async do() {
            store.isCut = true;
            throw new LodgeError("host.no_space", { path: "/" });
          },
          undo: async () => void log.push("undo"),
        },
      ],
    });
    const { engine, completion, operation } = await begun(definition, store);
    assert.equal((await completion).status, "failed");
    assert.equal(engine.holderOf("a"), operation.id);
    store.isCut = false;
    while (engine.holderOf("a") !== undefined) await settled();
    assert.equal((await recordOf(store, operation.id)).status, "failed");
    assert.deepEqual((await makeEngine([definition], { store })).recovered, []);
    assert.deepEqual(log, ["undo"]);
  });
});

test("an undoing that needs a store which does not answer is tried until it does", async () => {
  const log: string[] = [];
  const store = new CutStore();
  const definition = defineOperation<string>({
    kind: "thing.fail",
    steps: [
      {
        name: "fail",
        async do() {
          store.isCut = true;
          throw new LodgeError("host.no_space", { path: "/" });
        },
        async undo() {
          log.push("tried");
          if (log.length === 5) store.isCut = false;
          await store.get("thing");
          log.push("undone");
        },
      },
    ],
  });
  const { completion } = await begun(definition, store);
  const { status, error } = await completion;
  assert.deepEqual([status, error?.code], ["failed", "host.no_space"]);
  assert.deepEqual(log.slice(-2), ["tried", "undone"]);
});
