import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "#contract/operation";
import { hasCode } from "#contract/errors";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { guestKey } from "../guest/record.ts";
import { Handout } from "./handout.ts";
import { desktopKey, desktopOfKey, type PoolRecord } from "./record.ts";

const ann = { id: "u1", name: "ann", groups: [], claims: [], isHost: false };

test("a desktop whose guest stops each time is given up, and not begun for ever", async () => {
  const store = new MemoryStore();
  await store.transact({
    put: [
      { key: desktopOfKey("dp1", "u1"), value: "dt1" },
      { key: desktopKey("dt1"), value: { id: "dt1", pool: "dp1", user: "u1", guest: "g1" } },
      { key: guestKey("g1"), value: { id: "g1", state: "paused" } },
    ],
  });
  const operation = { id: "o1" } as Operation;
  let resumed = 0;
  const handout = new Handout({
    ...{ store, whole: store, clock: systemClock, log: silentLog },
    engine: { wait: async () => operation, holderOf: () => undefined },
    fleet: { get: () => undefined },
    guests: {
      start: () => assert.fail("it does not stand still"),
      resume: async () => (resumed++, operation),
    },
    maker: {} as never,
    lost: { replace: () => assert.fail("it is here") },
    standbys: () => [],
    drop: () => assert.fail("it has a guest"),
    onTaken: () => undefined,
  });
  const clicks = [1, 2].map(() => handout.give({ id: "dp1" } as PoolRecord, ann));
  for (const click of clicks) await assert.rejects(click, (error) => hasCode(error, "desktop.not_ready"));
  assert.equal(resumed, 3);
  assert.equal(handout.isBusy, false);
});
