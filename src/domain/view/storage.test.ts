/** What takes space: every byte once, under whom it is kept for. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { guestRecord } from "../../../test/fakes/guest-records.ts";
import { recordingKey } from "../console/recording/record.ts";
import { guestKey, type GuestRecord } from "../guest/record.ts";
import { machineOf, snapshotKey, type SnapshotRecord } from "../guest/snapshot/record.ts";
import { uploadKey } from "../upload/record.ts";
import { layerKey, type Layer } from "../volume/layer.ts";
import { describeStorage } from "./storage.ts";

const mebibyte = 1_048_576;
const createdAt = "2026-01-02T03:04:05.000Z";

it("tells disks, what branches share and what snapshots keep apart, and names whose each is", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "lodge-storage-"));
  t.after(() => rm(home, { recursive: true }));
  const store = new MemoryStore();
  t.after(() => store.close());
  const onto = (i: number, layer: string): GuestRecord => {
    const record = guestRecord(i);
    return { ...record, disks: [{ ...record.disks[0]!, layer }] };
  };
  const [a, b] = [onto(1, "a-top"), onto(2, "b-top")];
  const below = { "a-top": "kept", "b-top": "common", kept: "common", common: undefined, lost: undefined };
  for (const [id, under] of Object.entries(below)) {
    const path = join(home, id);
    await writeFile(path, Buffer.alloc(mebibyte, 1));
    const layer: Layer = { id, path, format: "qcow2", createdAt, ...(under ? { below: under } : {}) };
    await store.transact({ put: [{ key: layerKey(id), value: layer }] });
  }
  const snapshot: Partial<SnapshotRecord> = {
    id: "s1",
    guest: a.id,
    name: "before",
    createdAt,
    size: mebibyte,
    memorySize: 5 * mebibyte,
    machine: machineOf({ ...a, disks: [{ ...a.disks[0]!, layer: "kept" }] }),
  };
  const suspendFile = join(home, "memory");
  await writeFile(suspendFile, Buffer.alloc(2 * mebibyte, 1));
  await writeFile(join(home, "u1"), Buffer.alloc(3 * mebibyte));
  const upload = { id: "u1", file: "sent.qcow2", size: 9 * mebibyte, createdAt };
  const recording = { id: "r1", guest: "gone", guestName: "old", size: 4 * mebibyte, startedAt: createdAt };
  const put = [
    { key: uploadKey("u1"), value: upload },
    { key: recordingKey("r1"), value: recording },
    { key: guestKey(a.id), value: { ...a, suspendFile } },
    { key: guestKey(b.id), value: b },
    { key: snapshotKey("s1"), value: snapshot },
  ];
  await store.transact({ put });
  const { items, taken, size, free } = await describeStorage({ store, home, uploads: home });
  const found = items.map((item) => [
    item.kind,
    item.name,
    item.bytes / mebibyte,
    item.guests.map(({ name }) => name),
  ]);
  assert.deepEqual(found.toSorted(), [
    ["disk", `${a.name} disk0`, 1, [a.name]],
    ["disk", `${b.name} disk0`, 1, [b.name]],
    ["recording", "old", 4, []],
    ["shared", `${a.name}, ${b.name}`, 1, [a.name, b.name]],
    ["snapshot", `${a.name} before`, 6, [a.name]],
    ["suspended", a.name, 2, [a.name]],
    ["unused", "lost", 1, []],
    ["upload", "sent.qcow2", 3, []],
  ]);
  assert.equal(taken, 19 * mebibyte);
  assert.ok(size > free && free > 0);
});
