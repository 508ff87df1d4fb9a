import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { systemClock } from "#base/clock";
import { MemoryStore } from "#durable/store/memory";
import { put, remove } from "#durable/store/update";
import { guestKey } from "../guest/record.ts";
import { EventLog } from "../host/events.ts";
import { imageKey } from "../image/record.ts";
import { tellHappenings } from "./happenings.ts";
import { Views } from "./views.ts";

let folder = "";
before(() => (folder = mkdtempSync(join(tmpdir(), "lodge-happenings-"))));
after(() => rmSync(folder, { recursive: true }));

const guest = (state: string, labels = {}) => ({
  id: "g1",
  name: "web",
  labels,
  disks: [],
  nics: [],
  drives: [],
  origin: { image: "i", how: "boot" },
  state,
});
const operation = (status: string) => ({
  id: "o1",
  kind: "guest.start",
  targets: ["guest:g1"],
  status,
  steps: [],
  state: {},
  ...(status === "failed" ? { error: { code: "guest.start_failed", message: "QEMU did not start" } } : {}),
});

it("what records alone tell is said once, and nothing of what was before", async () => {
  const store = new MemoryStore();
  const events = new EventLog(join(folder, "events.jsonl"), systemClock);
  const views = new Views(store, events);
  await put(store, guestKey("g0"), { ...guest("running"), id: "g0" });
  await views.open();
  const end = tellHappenings(views, events);
  const said = async (key: string, value: unknown): Promise<string[]> => {
    const before = events.all().length;
    await (value === undefined ? remove(store, key) : put(store, key, value));
    await views.caughtUp();
    return events
      .all()
      .slice(before)
      .map(({ kind, message }) => `${kind}: ${message}`);
  };
  const labels = { tier: "front" };
  assert.deepEqual(await said(guestKey("g1"), guest("starting")), []);
  assert.deepEqual(await said(guestKey("g1"), guest("running", labels)), ["guest.running: web runs"]);
  assert.deepEqual(events.all().at(-1)?.labels, labels);
  assert.deepEqual(await said(guestKey("g1"), { ...guest("running"), description: "x" }), []);
  assert.deepEqual(await said(guestKey("g1"), guest("paused")), ["guest.paused: web is paused"]);
  // Whoever stops it says why.
  assert.deepEqual(await said(guestKey("g1"), guest("stopped")), []);
  assert.deepEqual(await said("operations/o1", operation("running")), []);
  const failed = ["operation.failed: guest.start failed: QEMU did not start (o1)"];
  assert.deepEqual(await said("operations/o1", operation("failed")), failed);
  assert.equal(events.all().at(-1)?.guestName, "web");
  assert.deepEqual(await said("operations/o1", { ...operation("failed"), sequence: 9 }), []);
  const image = { id: "i1", name: "debian-13", state: "ready", createdAt: "", source: {} };
  assert.deepEqual(await said(imageKey("i1"), image), ["image.made: There is an image debian-13"]);
  assert.deepEqual(await said(imageKey("i1"), { ...image, name: "i1" }), []);
  assert.deepEqual(await said(imageKey("i1"), undefined), ["image.removed: The image i1 was removed"]);
  end();
  assert.deepEqual(await said(guestKey("g1"), guest("running")), []);
  views.close();
});
