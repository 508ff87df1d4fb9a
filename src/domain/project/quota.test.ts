import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode, type LodgeError } from "#contract/errors";
import type { Amounts, Holder } from "#contract/schema/quota";
import { nothing, requireQuota, sumOf } from "./quota.ts";

const holder = (name: string, amounts: Partial<Amounts>): Holder => ({
  kind: "guest",
  id: `g-${name}`,
  name,
  project: "shop",
  amounts: { ...nothing, ...amounts },
});

const holders = [
  holder("web", { guests: 1, cpus: 2, memory: 2 ** 30, ports: 1 }),
  holder("db", { guests: 1, cpus: 4, memory: 2 ** 31, snapshots: 3 }),
];

describe("a project's quota", () => {
  it("lets in what fits, to the last of it", () => {
    const quota = { guests: 3, cpus: 8, memory: 2 ** 32 };
    requireQuota({ name: "shop", quota }, { guests: 1, cpus: 2, memory: 2 ** 30 }, holders);
    requireQuota({ name: "shop" }, { guests: 1000 }, holders);
  });

  it("refuses what does not, and says what is used by whom", () => {
    assert.throws(
      () => requireQuota({ name: "shop", quota: { memory: 2 ** 32 } }, { memory: 2 ** 30 + 1 }, holders),
      (error: LodgeError) => {
        assert.ok(hasCode(error, "project.quota"));
        assert.match(error.message, /db 2048 MiB, web 1024 MiB/);
        return true;
      },
    );
    assert.throws(
      () => requireQuota({ name: "shop", quota: { guests: 2 } }, { guests: 1 }, holders),
      /db, web|web, db/,
    );
  });

  it("that was made smaller than what there is takes nothing away, and lets in what asks for none of it", () => {
    requireQuota({ name: "shop", quota: { guests: 1 } }, { ports: 1 }, holders);
    requireQuota({ name: "shop", quota: { guests: 1 } }, {}, holders);
    requireQuota({ name: "shop", quota: { cpus: 1 } }, { cpus: -1 }, holders);
  });

  it("counts all that there is", () => {
    assert.deepEqual(sumOf(holders), {
      ...nothing,
      guests: 2,
      cpus: 6,
      memory: 3 * 2 ** 30,
      snapshots: 3,
      ports: 1,
    });
  });
});
