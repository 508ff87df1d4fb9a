import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { guestKey } from "../guest/record.ts";
import { memberKey } from "../member/record.ts";
import { claiming } from "./claim.ts";
import { marking } from "./end.ts";
import { LostDesktops } from "./lost.ts";
import {
  desktopKey,
  desktopLostKey,
  desktopOf,
  desktopOfKey,
  desktopPoolKey,
  findDesktop,
  type DesktopRecord,
  type PoolRecord,
} from "./record.ts";

const lost = { host: "two", since: "2026-01-02T03:04:05.000Z" };
const desktop: DesktopRecord = {
  id: "dt1",
  pool: "dp1",
  project: "default",
  user: "u1",
  userName: "ann",
  guest: "g1",
  revision: 1,
  createdAt: "2026-01-01T08:00:00Z",
};

/** A desktop on the other one of two hosts. */
async function world(keeps: PoolRecord["keeps"], { answers = false, isFree = true } = {}) {
  const store = new MemoryStore();
  const pool = { id: "dp1", name: "office", project: "default", keeps } as PoolRecord;
  await store.transact({
    put: [
      ...["h1", "h2"].map((id) => ({ key: memberKey(id), value: { id, name: id, joinedAt: 0 } })),
      { key: desktopPoolKey("dp1"), value: pool },
      { key: desktopKey("dt1"), value: desktop },
      { key: desktopOfKey("dp1", "u1"), value: "dt1" },
      { key: placeOf("h2", guestKey("g1")), value: { id: "g1" } },
    ],
  });
  const desktops = new LostDesktops({
    store,
    away: (host) => (host === "h2" && !answers ? lost : undefined),
    homes: { isFreeOf: async () => isFree },
    async end(id) {
      const { changes } = await marking(store, id, "lost");
      await store.transact(changes);
    },
  });
  const replaced = desktops.replace(desktop, pool).then(
    () => "replaced",
    (error: unknown) => (hasCode(error, "desktop.lost", "desktop.not_ready") ? error : Promise.reject(error)),
  );
  return { store, pool, replaced: await replaced };
}

describe("a desktop that is lost with its host", () => {
  it("is replaced where nothing of it is kept, and the next one says what it is in place of", async () => {
    const { store, pool, replaced } = await world("nothing");
    assert.equal(replaced, "replaced");
    assert.equal((await findDesktop(store, "dt1"))?.ending, true);
    const next = { ...desktop, id: "dt2", guest: "g2" };
    const { put } = await claiming(store, pool, next);
    await store.transact({ put });
    assert.deepEqual((await desktopOf(store, "dp1", "u1"))?.replaces, lost);
    // It is said of that one alone.
    const { changes } = await marking(store, "dt2", "signed-off");
    await store.transact(changes);
    assert.equal(await store.get(desktopLostKey("dp1", "u1")), undefined);
  });

  it("is replaced with a home once that is let go of for certain", async () => {
    assert.equal((await world("home")).replaced, "replaced");
    const { store, replaced } = await world("home", { isFree: false });
    assert.ok(hasCode(replaced, "desktop.not_ready"));
    assert.equal((await desktopOf(store, "dp1", "u1"))?.ending, undefined);
  });

  it("is never thrown away where its guest is kept: it says where that is, and since when", async () => {
    const { store, replaced } = await world("guest");
    assert.ok(hasCode(replaced, "desktop.lost"));
    assert.deepEqual({ ...replaced.params }, lost);
    assert.deepEqual(await desktopOf(store, "dp1", "u1"), desktop);
    assert.equal(await store.get(desktopLostKey("dp1", "u1")), undefined);
  });

  it("is none as long as its host answers", async () => {
    const { store, replaced } = await world("nothing", { answers: true });
    assert.ok(hasCode(replaced, "desktop.not_ready"));
    assert.deepEqual(await desktopOf(store, "dp1", "u1"), desktop);
  });
});
