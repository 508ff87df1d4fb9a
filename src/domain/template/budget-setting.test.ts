import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { describe, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { budgetSetting, changeBudget, currentBudget, defaultBudget } from "./budget-setting.ts";

const GiB = 1024 ** 3;

describe("the templates' budget", () => {
  it("is by default a quarter of the memory and a tenth of the disk, 2 GiB of it at least", () => {
    assert.deepEqual(defaultBudget({ memory: 16 * GiB, disk: 500 * GiB }), {
      memory: 4 * GiB,
      disk: 50 * GiB,
    });
    assert.equal(defaultBudget({ memory: GiB, disk: 8 * GiB }).disk, 2 * GiB);
  });

  it("is what its owner says, part by part, until that is taken back", async () => {
    const store = new MemoryStore();
    const byDefault = await currentBudget(store, tmpdir());
    assert.ok(byDefault.memory > 0 && byDefault.disk >= 2 * GiB);
    await changeBudget(store, { memory: 5 });
    await changeBudget(store, { disk: 0 });
    assert.deepEqual(await currentBudget(store, tmpdir()), { memory: 5, disk: 0 });
    await changeBudget(store, { memory: null });
    assert.deepEqual(await budgetSetting(store), { disk: 0 });
    assert.deepEqual(await currentBudget(store, tmpdir()), { ...byDefault, disk: 0 });
    await changeBudget(store, {});
    assert.deepEqual(await budgetSetting(store), { disk: 0 });
    await store.close();
  });
});
