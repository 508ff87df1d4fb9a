import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { beforeEach, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { ManualClock } from "#durable/store/manual-clock";
import { changeOvercommit } from "#domain/host/overcommit-setting";
import { toMake, toStart } from "#domain/guest/demands";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { projectKey } from "#domain/project/record";
import { snapshotKey } from "#domain/guest/snapshot/record";
import { Views } from "#domain/view/views";
import { guestRecord } from "../../test/fakes/guest-records.ts";
import { Division } from "./division.ts";

const MiB = 2 ** 20;
let store: MemoryStore;
let views: Views;
let division: Division;

beforeEach(async () => {
  store = new MemoryStore({ clock: new ManualClock() });
  views = new Views(store, { lastId: () => "0" } as never);
  await views.open();
  division = new Division({ store, views, folder: tmpdir() });
});

const refused = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error) => hasCode(error, code));

const newGuest = (name: string, more: Partial<GuestRecord> = {}): GuestRecord => ({
  ...guestRecord(1),
  id: `g-${name}`,
  name,
  project: "shop",
  state: "running",
  memory: 512 * MiB,
  cpus: 1,
  publish: [],
  ...more,
});
const make = (record: GuestRecord) =>
  division.pass(toMake(record), () => put(store, guestKey(record.id), record));
const quota = (most: object) =>
  put(store, projectKey("shop"), { name: "shop", description: "", createdAt: "", quota: most });

describe("the division of the host", () => {
  it("lets two that fit alone, but not together, not both through", async () => {
    await quota({ memory: 600 * MiB });
    const both = await Promise.allSettled([make(newGuest("a")), make(newGuest("b"))]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
    assert.deepEqual((await division.usage("shop")).used.guests, 1);
  });

  it("counts what is written down only later, until it is", async () => {
    await quota({ snapshots: 1 });
    const written = Promise.withResolvers<void>();
    const demand = { subject: "Guest 'a'", project: "shop", adds: { snapshots: 1 } };
    await division.pass(
      demand,
      async () => undefined,
      () => written.promise,
    );
    await refused(
      division.pass(demand, async () => undefined),
      "project.quota",
    );
    const { holders } = await division.usage("shop");
    assert.deepEqual(
      holders.map(({ kind, name }) => [kind, name]),
      [["pending", "Guest 'a'"]],
    );
    written.resolve();
    await written.promise;
    await division.pass(demand, async () => undefined);
  });

  it("counts what failed for nothing", async () => {
    await quota({ guests: 1 });
    const failing = division.pass(toMake(newGuest("a")), async () => {
      throw new TypeError("no");
    });
    await assert.rejects(failing, TypeError);
    await make(newGuest("b"));
    await refused(make(newGuest("c")), "project.quota");
  });

  it("counts snapshots to their guest, and disks of those that rest", async () => {
    await put(store, projectKey("shop"), { name: "shop", description: "", createdAt: "" });
    const disks = [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: 100 * MiB, layer: "l" }] as const;
    await make(newGuest("a", { state: "stopped", disks }));
    const machine = { cpus: 1, memory: MiB, disks: [], drives: [] };
    const snapshot = {
      id: "s1",
      guest: "g-a",
      project: "shop",
      name: "s",
      size: 5 * MiB,
      memorySize: 7 * MiB,
      machine,
    };
    await put(store, snapshotKey("s1"), snapshot);
    const { used } = await division.usage("shop");
    assert.deepEqual([used.snapshots, used.disk], [1, 112 * MiB]);
    const { memory, disk } = await division.promise();
    assert.deepEqual([memory.promised, disk.promised], [0, 112 * MiB]);
  });

  it("promises what the host has, times a ratio, to those that run", async () => {
    await quota({});
    const { memory } = await division.promise();
    await changeOvercommit(store, { memory: (1024 * MiB) / memory.size });
    await make(newGuest("a"));
    await make(newGuest("b", { state: "stopped" }));
    await make(newGuest("c"));
    await refused(make(newGuest("d")), "host.promised");
    await refused(
      division.pass(toStart(newGuest("b")), async () => undefined),
      "host.promised",
    );
    await changeOvercommit(store, { memory: null });
    await make(newGuest("d"));
  });
});
