import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { placeOf } from "#durable/store/partition";
import { MemoryStore } from "#durable/store/memory";
import { poolKey } from "../../volume/pool.ts";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import type { Belongings } from "./belongings.ts";
import { Refusals } from "./refuse.ts";

const lost = { id: "h1", name: "one" };
const belongings = (pool: string): Belongings => ({
  guest: guestRecord(1),
  revision: 1,
  snapshots: [],
  volumes: [],
  layers: [{ id: "l1", path: "/one/layers/l1.qcow2", format: "qcow2", pool, createdAt: "" }],
  common: new Set(),
});

let store: MemoryStore;
let asked: number;
let word: string | undefined;
let refusals: Refusals;

beforeEach(async () => {
  store = new MemoryStore();
  [asked, word] = [0, undefined];
  const pool = (name: string, kind: string) => ({
    key: placeOf("h1", poolKey(name)),
    value: { name, kind, target: `/srv/${name}`, description: "" },
  });
  await store.transact({ put: [pool("nfs", "shared"), pool("own", "directory")] });
  const switchOff = async () => (asked++, word);
  refusals = new Refusals({ store, host: "h2", fences: { switchOff } });
});

describe("a lost host whose guests are in a pool that hosts share", () => {
  it("is asked to be off once for all guests of one take-over, and again for the next", async () => {
    for (const claim of [7, 7, 9]) await refusals.refuse(lost, belongings("nfs"), claim);
    assert.equal(asked, 2);
  });

  it("may still write where its device cannot say that it is off, which is asked again", async () => {
    word = "its fence device says: no";
    const refused = () => refusals.refuse(lost, belongings("nfs"), 7);
    for (const _ of [1, 2]) await assert.rejects(refused, (error) => hasCode(error, "failover.not_refused"));
    assert.equal(asked, 2);
  });

  it("may still write to what is on it alone", async () => {
    const refused = refusals.refuse(lost, belongings("own"), 7);
    await assert.rejects(refused, (error) => hasCode(error, "failover.not_refused"));
    assert.equal(asked, 0);
  });
});
