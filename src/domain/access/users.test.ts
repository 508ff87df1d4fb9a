import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { put, remove } from "#durable/store/update";
import { projectKey } from "../project/record.ts";
import { Access } from "./access.ts";
import { hostActor } from "./actor.ts";

const clock = new ManualClock();
const gone = (error: unknown) => hasCode(error, "project.not_found");

describe("a project that is removed just then", () => {
  let access: Access;

  beforeEach(async () => {
    const store = new MemoryStore({ clock });
    access = new Access({
      store,
      clock,
      key: randomBytes(32),
      title: "Lodge test",
      hashCost: { memory: 64, passes: 1, parallelism: 1 },
    });
    await access.createUser({ name: "bert", role: "none" });
    const shop = { name: "shop", description: "", createdAt: new Date(clock.now()).toISOString() };
    await put(store, projectKey("shop"), shop);
    const transact = store.transact.bind(store);
    // Gone by the time that anything is written.
    store.transact = async (transaction) => {
      store.transact = transact;
      await remove(store, projectKey("shop"));
      return transact(transaction);
    };
  });

  it("leaves nobody a role in another of its name", async () => {
    await assert.rejects(access.grant("shop", { user: "bert", role: "admin" }), gone);
    assert.deepEqual(await access.members("shop"), []);
  });

  it("leaves no program a token for it", async () => {
    await assert.rejects(access.createToken(hostActor, { name: "ci", project: "shop" }), gone);
    assert.deepEqual(await access.tokens(hostActor, {}), []);
  });
});
