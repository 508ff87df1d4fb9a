import assert from "node:assert/strict";
import { test } from "node:test";
import { LodgeError } from "#contract/errors";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { until } from "../../../test/fakes/fake-daemon.ts";
import { Watcher, Watchers } from "../console/watchers.ts";
import { KeepRules } from "./keep-rules.ts";
import type { Known } from "./known.ts";
import { desktopKey, findDesktop, type DesktopRecord } from "./record.ts";

const now = Date.parse("2026-11-27T08:00:00Z");
const clock = {
  now: () => now,
  monotonic: () => 0,
  sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
};

class Store extends MemoryStore {
  silent = 0;

  override async transact(...asked: Parameters<MemoryStore["transact"]>) {
    if (this.silent-- > 0) throw new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });
    return super.transact(...asked);
  }
}

test("that somebody watches is written down as soon as it can be: times count from when he goes", async () => {
  const [store, use] = [new Store(), new Watchers()];
  const desktop = { id: "dt1", pool: "dp1", guest: "g1", createdAt: new Date(now).toISOString() };
  const mark = { pool: "dp1", revision: 1, state: "taken", desktop: "dt1" };
  const known = {
    pools: new Map([["dp1", { id: "dp1", keeps: "nothing", rules: {}, rollOut: { by: "sign-off" } }]]),
    desktops: new Map([["dt1", desktop]]),
    guests: new Map([["g1", { id: "g1", state: "running", stateSince: desktop.createdAt, desktop: mark }]]),
  } as unknown as Known;
  await put(store, desktopKey("dt1"), desktop);
  const nothingDue = {} as never;
  const rules = new KeepRules({
    ...{ store, clock, use, known, log: silentLog },
    ...{ desktops: nothingDue, engine: nothingDue, suspend: nothingDue },
    keepRecorded: async () => undefined,
    isRecorded: () => false,
  });
  rules.open();
  store.silent = 2;
  use.add("g1", new Watcher({ holder: "user:u1", user: "ann", viewOnly: false }, clock, () => undefined));
  let noted: DesktopRecord | undefined;
  const look = async () => (noted = await findDesktop(store, "dt1"));
  await until(() => (void look(), noted?.connectedAt !== undefined));
  rules.close();
  assert.ok(store.silent < 0, "it was refused before");
});
