import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { LodgeError, hasCode } from "#contract/errors";
import { systemClock } from "#base/clock";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import type { ReadStore } from "#durable/store/store";
import { create } from "#durable/store/update";
import { WholeStore } from "#durable/store/whole-store";
import { guestKey, guestNameKey } from "#domain/guest/record";
import { EventLog } from "#domain/host/events";
import { operationKey } from "#durable/operation/record";
import { Views } from "#domain/view/views";
import { guestRecord } from "../../test/fakes/guest-records.ts";
import { objectService, rememberedIn } from "./objects.ts";

let folder: string;
let all: MemoryStore;
let one: HostStore;
let other: HostStore;
let views: Views;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-objects-"));
  all = new MemoryStore();
  one = new HostStore({ store: all, host: "h1" });
  other = new HostStore({ store: all, host: "h2" });
  views = new Views(all, new EventLog(join(folder, "events"), systemClock), "h1");
  await views.open();
});
afterEach(async () => {
  views.close();
  await all.close();
  await rm(folder, { recursive: true });
});

const objects = (store: ReadStore = one) =>
  objectService(store, {
    whole: new WholeStore(all, views.whereabouts),
    whereabouts: views.whereabouts,
    self: "h1",
    caughtUp: () => views.caughtUp(),
    remembered: rememberedIn(views),
  });

async function make(on: HostStore, id: string, name: string): Promise<void> {
  const [disk] = guestRecord(1).disks;
  await create(on, guestKey(id), { ...guestRecord(1), id, name, disks: [{ ...disk!, id: "disk0" }] });
  await create(on, guestNameKey("default", name), id);
}

test("a guest of another host is found by its name, with where it is", async () => {
  await make(other, "g0000000002", "far");
  await make(one, "g0000000001", "near");
  assert.deepEqual(await objects().find("guest", "far", "default"), {
    id: "g0000000002",
    owner: { project: "default" },
    host: "h2",
  });
  assert.deepEqual(await objects().find("guest", "near", "default"), {
    id: "g0000000001",
    owner: { project: "default" },
  });
  assert.equal(await objects().find("guest", "none", "default"), undefined);
});

test("a guest's own disk and an operation are where they are", async () => {
  await make(other, "g0000000002", "far");
  assert.equal((await objects().find("volume", "far:disk0", "default"))?.host, "h2");
  await create(other, operationKey("o1"), { id: "o1", targets: ["guest:g0000000002"], status: "running" });
  assert.equal((await objects().find("operation", "o1", "default"))?.host, "h2");
});

test("without a quorum what is remembered is found, and nothing else", async () => {
  await make(other, "g0000000002", "far");
  await views.caughtUp();
  const unavailable = () =>
    Promise.reject(new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" }));
  const store: ReadStore = { get: unavailable, list: unavailable };
  assert.equal((await objects(store).find("guest", "far", "default"))?.host, "h2");
  await assert.rejects(objects(store).find("template", "t1", "default"), (error) =>
    hasCode(error, "store.unavailable"),
  );
});
