import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { beforeEach, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { ManualClock } from "#durable/store/manual-clock";
import { changeOvercommit } from "#domain/host/overcommit-setting";
import { recordingKey } from "#domain/console/recording/record";
import { toChange, toKeep, toMake, toRestore, toStart } from "#domain/guest/demands";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { imageKey } from "#domain/image/record";
import { projectKey } from "#domain/project/record";
import { uploadKey } from "#domain/upload/record";
import { snapshotKey } from "#domain/guest/snapshot/record";
import { readMemory } from "#hypervisor/host/memory";
import { Views } from "#domain/view/views";
import { volumeKey } from "#domain/volume/record";
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
  division = new Division({ store, whole: store, views, folder: tmpdir(), memory: readMemory });
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

  it("counts a volume once, wherever it is", async () => {
    await quota({ disk: 100 * MiB });
    const volume = (place: object) => ({ id: "v1", name: "data", project: "shop", size: 60 * MiB, place });
    await put(store, volumeKey("v1"), volume({ kind: "rest", layer: "l" }));
    const used = async () => {
      const { used, holders } = await division.usage("shop");
      return [used.disk / MiB, holders.map(({ name }) => name).join()];
    };
    assert.deepEqual(await used(), [60, "volume data"]);
    await refused(
      division.pass(toKeep({ name: "more", project: "shop", size: 50 * MiB }), async () => undefined),
      "project.quota",
    );
    const disks = [
      { id: "disk0", bus: "virtio-scsi", format: "qcow2", size: 60 * MiB, layer: "l", volume: "v1" },
    ] as const;
    await make(newGuest("a", { disks: [] }));
    await put(store, guestKey("g-a"), newGuest("a", { disks }));
    // Its own record is changed with the guest's; whichever is read first.
    assert.deepEqual(await used(), [60, "a"]);
    await put(store, volumeKey("v1"), volume({ kind: "guest", guest: "g-a", disk: "disk0" }));
    assert.deepEqual(await used(), [60, "a"]);
    const { disk } = await division.promise();
    assert.equal(disk.promised, 60 * MiB);
  });

  it("counts what else a project keeps on the disk: suspended memory, recordings, uploads, its own images", async () => {
    await quota({});
    await make(newGuest("a", { state: "suspended", memory: 512 * MiB, disks: [] }));
    const common = { project: "shop", createdAt: "" };
    await put(store, recordingKey("r1"), { ...common, id: "r1", guestName: "a", size: 3 * MiB });
    await put(store, uploadKey("u1"), { ...common, id: "u1", file: "big.iso", size: 5 * MiB });
    const image = { ...common, name: "i", stored: 7 * MiB, state: "ready", source: { file: "f" } };
    await put(store, imageKey("i1"), { ...image, id: "i1", shared: false });
    await put(store, imageKey("i2"), { ...image, id: "i2", shared: true });
    assert.equal((await division.usage("shop")).used.disk, (512 + 3 + 5 + 7) * MiB);
  });

  it("works out what a guest has more of when it is its turn", async () => {
    await quota({ memory: 1024 * MiB });
    const before = newGuest("a", { state: "stopped", memory: 512 * MiB });
    await make(before);
    await make(newGuest("b", { state: "stopped", memory: 512 * MiB }));
    const current = async () => (await store.get(guestKey("g-a")))!.value as GuestRecord;
    const resize = (memory: number) =>
      division.pass(
        async () => toChange(await current(), { ...(await current()), memory }),
        async () => put(store, guestKey("g-a"), { ...(await current()), memory }),
      );
    // The first makes room, which the second takes; the third asks for what it had when it began to wait.
    const shrunk = resize(256 * MiB);
    const taken = make(newGuest("c", { state: "stopped", memory: 256 * MiB }));
    const back = resize(512 * MiB);
    await Promise.all([shrunk, taken]);
    await refused(back, "project.quota");
  });

  it("keeps the places of operations that an earlier daemon began", async () => {
    await quota({ disk: 100 * MiB });
    const ended = Promise.withResolvers<never>();
    const demand = { subject: "Guest 'a'", project: "shop", adds: { disk: 80 * MiB } };
    division.resume([{ claim: demand, completion: ended.promise }, { completion: ended.promise }]);
    const more = () => division.pass({ ...demand, adds: { disk: 30 * MiB } }, async () => undefined);
    await refused(more(), "project.quota");
    ended.resolve(undefined as never);
    await ended.promise;
    await more();
  });

  it("asks nothing of a guest that becomes less by being restored, and all that it has more", async () => {
    await quota({ memory: 1024 * MiB, cpus: 4 });
    const guest = newGuest("a", { state: "stopped", memory: 512 * MiB, cpus: 2, disks: [] });
    await make(guest);
    assert.equal(toRestore(guest, { cpus: 1, memory: MiB, disks: [] }), undefined);
    const restore = (then: Parameters<typeof toRestore>[1]) =>
      division.pass(
        async () => toRestore(guest, then),
        async () => undefined,
      );
    await restore({ cpus: 4, memory: 1024 * MiB, disks: [] });
    await refused(restore({ cpus: 5, memory: 512 * MiB, disks: [] }), "project.quota");
    await refused(restore({ cpus: 1, memory: 1025 * MiB, disks: [] }), "project.quota");
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
