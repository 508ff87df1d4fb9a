import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { digestOf } from "../../access/secret.ts";
import { endVisit, isOpen, opensWith, visitKey, type VisitRecord } from "./visit-record.ts";

const base: VisitRecord = {
  ...{ id: "v0123456789", address: "198.51.100.2:8473", createdAt: 0, expiresAt: 1000 },
  ...{ state: "waiting", secret: digestOf("open sesame"), attempt: "m0123456789" },
  visitor: { fingerprint: "AA", name: "desk" },
  guest: { id: "g0123456789", name: "web", project: "default" },
  layers: ["l0123456789"],
  claims: ["guest-names/default/web"],
  records: [{ key: "guests/g0123456789", value: { id: "g0123456789" } }],
};

async function storeWith(visit: VisitRecord): Promise<MemoryStore> {
  const store = new MemoryStore();
  const name = { key: "guest-names/default/web", value: "g0123456789" };
  await store.transact({ put: [{ key: visitKey(visit.id), value: visit }, name] });
  return store;
}

describe("a visit", () => {
  it("that waits makes its guest this host's once its source says so, and keeps its name", async () => {
    const store = await storeWith(base);
    assert.equal(await endVisit(store, base.id, true), true);
    assert.equal(await endVisit(store, base.id, true), true);
    assert.ok((await store.get("guests/g0123456789")) && (await store.get("guest-names/default/web")));
    // What was taken is not given back, whatever is said later.
    assert.equal(await endVisit(store, base.id, false), true);
    assert.ok(await store.get("guests/g0123456789"));
  });

  it("whose guest stays where it is gives back what was kept for it, and may bring it again", async () => {
    const store = await storeWith(base);
    assert.equal(await endVisit(store, base.id, false), false);
    assert.equal(await store.get("guest-names/default/web"), undefined);
    const { state, claims, layers } = (await store.get(visitKey(base.id)))!.value as VisitRecord;
    assert.deepEqual([state, claims, layers], ["entered", undefined, undefined]);
    await assert.rejects(endVisit(store, base.id, true), (error) => hasCode(error, "visit.not_waiting"));
  });

  it("of which not all is here cannot be taken", async () => {
    const store = await storeWith({ ...base, state: "coming" });
    await assert.rejects(endVisit(store, base.id, true), (error) => hasCode(error, "visit.not_waiting"));
    assert.equal(await store.get("guests/g0123456789"), undefined);
  });

  it("opens with its own secret, until its time is over, and what is under way goes on", () => {
    assert.ok(opensWith(base, "open sesame") && !opensWith(base, "open barley"));
    assert.ok(isOpen({ ...base, state: "offered" }, 999) && !isOpen({ ...base, state: "offered" }, 1000));
    assert.ok(isOpen(base, 5000));
  });
});
