/** What becomes of an operation when the store does not say whether its point of no return was passed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LodgeError } from "#contract/errors";
import { MemoryStore } from "../store/memory.ts";
import type { Item, Transaction } from "../store/store.ts";
import { defineOperation } from "./define.ts";
import { makeEngine } from "./engine-sample.ts";
import { operationPrefix } from "./record.ts";

/** A store whose quorum is lost in the moment in which it is asked to make "k", and comes back later. */
class LosingStore extends MemoryStore {
  readonly lost = Promise.withResolvers<void>();
  readonly #made: boolean;
  #isLost = false;
  asked = 0;

  constructor(made: boolean) {
    super();
    this.#made = made;
  }

  comeBack(): void {
    this.#isLost = false;
  }

  override async get(key: string): Promise<Item | undefined> {
    if (!this.#isLost) return super.get(key);
    if (key.startsWith(operationPrefix) && ++this.asked === 2) this.lost.resolve();
    throw new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });
  }

  override async transact(transaction: Transaction) {
    if (!transaction.put?.some(({ key }) => key === "k")) return super.transact(transaction);
    if (this.#made) await super.transact(transaction);
    this.#isLost = true;
    throw new LodgeError("store.unsettled");
  }
}

/** @returns what was done and undone, the operation's end, and whether anything had been undone while nobody knew */
async function run(made: boolean) {
  const store = new LosingStore(made);
  const log: string[] = [];
  const definition = defineOperation<object, object, void>({
    kind: "house.move",
    steps: [
      { name: "copy", do: async () => void log.push("copy"), undo: async () => void log.push("undo copy") },
      {
        name: "switch",
        commitPoint: true,
        do: async ({ commit }) => {
          await commit({ put: [{ key: "k", value: 1 }] });
          log.push("switched");
        },
        undo: async () => void log.push("undo switch"),
      },
    ],
  });
  const { engine } = await makeEngine([definition], { store });
  const { completion } = await engine.start(definition, {}, { targets: ["a"] });
  await store.lost.promise;
  const meanwhile = [...log];
  store.comeBack();
  const ended = await completion;
  return { log, meanwhile, ended, value: (await store.get("k"))?.value };
}

test("a change that was made, as is found later, is gone on from, and nothing is undone", async () => {
  const { log, meanwhile, ended, value } = await run(true);
  assert.deepEqual(meanwhile, ["copy"]);
  assert.equal(ended.status, "succeeded");
  assert.deepEqual(log, ["copy", "switched"]);
  assert.equal(value, 1);
});

test("a change that was not made is undone only when that is certain", async () => {
  const { log, meanwhile, ended, value } = await run(false);
  assert.deepEqual(meanwhile, ["copy"]);
  assert.equal(ended.status, "failed");
  assert.equal(ended.error?.code, "store.unsettled");
  assert.deepEqual(log, ["copy", "undo switch", "undo copy"]);
  assert.equal(value, undefined);
});
