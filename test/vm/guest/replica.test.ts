/**
 * Has a replica each write that QEMU says is done, whatever becomes of the connection? QEMU stands still here: what writes to its disk is
 * its own command for that, and both hosts are folders.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { silentLog } from "#base/log";
import { findProcesses } from "#base/find-process";
import { signalProcess, waitGone } from "#base/process";
import { retry } from "#base/retry";
import { LodgeError } from "#contract/errors";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { put, update } from "#durable/store/update";
import type { Fleet } from "#domain/guest/fleet";
import type { LiveGuest } from "#domain/guest/live";
import { guestPlace, type Places } from "#domain/guest/place";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { Copies } from "#domain/guest/replica/copies";
import { copyKey, type CopyRecord } from "#domain/guest/replica/copy";
import type { CopyHost } from "#domain/guest/replica/hosts";
import { ReplicaKeeper } from "#domain/guest/replica/keep";
import { wanted } from "#domain/guest/replica/record";
import { standAside } from "#domain/guest/replica/stand-aside";
import { layerById, layerKey, layerPath, makeLayer, type Layer } from "#domain/volume/layer";
import { nbdSocket } from "#hypervisor/disk/serve-nbd";
import { Monitor } from "#hypervisor/qemu/monitor";
import { guestRecord } from "../../fakes/guest-records.ts";

const MiB = 2 ** 20;
const eventually = <T>(attempt: () => Promise<T>): Promise<T> =>
  retry(attempt, { clock: systemClock, first: 20, longest: 200, timeout: 30_000 });

describe("a replica", () => {
  let folder: string;
  let qemu: ChildProcess;
  let monitor: Monitor;
  let copies: Copies;
  let keeper: ReplicaKeeper;
  let fleet: Fleet;
  const all = new MemoryStore();
  const h1 = new HostStore({ store: all, host: "h1" });
  const h2 = new HostStore({ store: all, host: "h2" });
  const guest = {
    ...guestRecord(1),
    state: "running",
    disks: [{ ...guestRecord(1).disks[0]!, size: 64 * MiB, layer: "l0000000001" }],
  } as GuestRecord;
  let isCut = false;
  const opened: string[] = [];
  const streams = new Set<{ destroy(): void }>();

  const placesOf = (host: string): Places => ({
    guests: join(folder, host, "guests"),
    layers: join(folder, host, "layers"),
    images: join(folder, host, "images"),
    templates: join(folder, host, "templates"),
    run: join(folder, host, "run"),
  });
  const requireWay = () => {
    if (isCut) throw new LodgeError("cluster.host_unreachable", { host: "h2", reason: "it is cut off" });
  };
  const far: CopyHost = {
    id: "h2",
    name: "two",
    look: async () => ({ blockers: [], bytes: 0 }),
    async prepare(id, order) {
      requireWay();
      return copies.prepare(id, "h1", order);
    },
    async open(id, order) {
      requireWay();
      opened.push(order.how);
      return copies.opened(id, "h1", order);
    },
    async keep(id, order) {
      requireWay();
      return copies.keep(id, "h1", order);
    },
    close: (id, epoch) => copies.close(id, { epoch }),
    drop: (id) => copies.drop(id),
    async connect(id, end) {
      requireWay();
      const stream = await copies.connect(id, end, "h1");
      if (!stream) throw new LodgeError("cluster.tunnel_refused", { path: end });
      streams.add(stream.setMaxListeners(20));
      return stream;
    },
  };
  const cut = () => {
    isCut = true;
    for (const stream of streams) stream.destroy();
    streams.clear();
  };
  const replica = async () => ((await h1.get(guestKey(guest.id)))!.value as GuestRecord).replica!;
  const replicaIs = (state: string) =>
    eventually(async () => {
      const now = await replica();
      assert.equal(now.state, state, String(JSON.stringify(now)));
      return now;
    });
  let said = "";
  /** Returns once the machine would have heard that it is done. */
  const write = async (pattern: number, at: string) => {
    said = "";
    const line = `qemu-io -d /machine/peripheral/disk0-dev/virtio-backend "aio_write -P ${pattern} ${at} 64k"`;
    assert.equal(await monitor.execute<string>("human-monitor-command", { "command-line": line }), "");
    await eventually(async () => assert.match(said, /wrote 65536/));
  };
  /** What is open is read as its writer sees it: its tables may be in that one's memory alone. */
  const has = async (layer: string, what: Readonly<Record<string, number>>) => {
    const { path } = await layerById(h2, layer);
    const copy = (await h2.get(copyKey(guest.id)))?.value as CopyRecord;
    const isOpen = copy.state === "open" && Object.values(copy.tops).includes(layer);
    const socket = nbdSocket(join(folder, "h2", "copies", guest.id));
    const file = isOpen ? ["-f", "raw", `nbd+unix:///disk0?socket=${socket}`] : ["-U", "-f", "qcow2", path];
    for (const [at, pattern] of Object.entries(what))
      await exec("qemu-io", ["-r", ...file.slice(0, -1), "-c", `read -P ${pattern} ${at} 64k`, file.at(-1)!]);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-replica-"));
    const places = placesOf("h1");
    const place = guestPlace(places, guest.id);
    for (const one of [places.layers, place.folder, place.run, placesOf("h2").layers])
      await mkdir(one, { recursive: true });
    const layer = (id: string, more: Partial<Layer>): Layer => ({
      id,
      path: layerPath(places.layers, id),
      format: "qcow2",
      createdAt: "",
      ...more,
    });
    const [base, top] = [layer("l0000000000", {}), layer("l0000000001", { below: "l0000000000" })];
    await makeLayer({ kind: "blank", path: base.path, format: "qcow2", size: 64 * MiB });
    await exec("qemu-io", ["-f", "qcow2", "-c", "write -P 1 0 64k", base.path]);
    await makeLayer({ kind: "overlay", path: top.path, over: base });
    for (const one of [base, top]) await put(h1, layerKey(one.id), one);
    const replicaRecord = wanted({ id: "h2", name: "two" }, { since: new Date().toISOString(), epoch: 5 });
    await put(h1, guestKey(guest.id), { ...guest, replica: replicaRecord });
    const disk = { driver: "qcow2", "node-name": "disk0", file: { driver: "file", filename: top.path } };
    qemu = spawn(
      "qemu-system-x86_64",
      [
        "-nodefaults",
        "-nographic",
        "-S",
        "-machine",
        "q35,accel=tcg",
        "-m",
        "64",
        "-qmp",
        `unix:${place.qmp},server=on,wait=off`,
        "-blockdev",
        JSON.stringify(disk),
        "-device",
        "virtio-blk-pci,drive=disk0,id=disk0-dev",
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    qemu.stdout!.on("data", (bytes: Buffer) => (said += bytes.toString()));
    monitor = await Monitor.connect(place.qmp);
    const live = { id: guest.id, monitor, gone: new AbortController().signal } as unknown as LiveGuest;
    fleet = {
      parts: {
        store: h1,
        places,
        clock: systemClock,
        log: process.env["LAB"]
          ? ({
              ...silentLog,
              info: (x: { err: Error }) => console.log(x.err),
              error: console.log,
              warn: console.log,
            } as never)
          : silentLog,
        events: { append: () => true },
      },
      get: () => live,
      now: () => new Date().toISOString(),
    } as unknown as Fleet;
    copies = new Copies({
      self: "h2",
      store: h2,
      all,
      places: placesOf("h2"),
      layerRoots: async () => [
        ...((await h2.get(`copies/${guest.id}`))?.value as { layers: string[] }).layers,
      ],
      bring: async () => undefined,
      isThere: () => true,
    });
    keeper = new ReplicaKeeper({ fleet, hosts: { self: "h1", find: () => far }, isBusy: () => false });
    await keeper.open();
  });
  after(async () => {
    await keeper.close();
    await copies.close(guest.id, { epoch: 0 }).catch(() => undefined);
    monitor.close();
    const ended = once(qemu, "exit");
    qemu.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  it("is whole once it is in sync, and has each write from then on when that is done", async () => {
    await write(2, "1M");
    const { tops, whole } = await replicaIs("in-sync");
    assert.deepEqual(whole, tops);
    await write(3, "2M");
    await has(tops!["disk0"]!, { "0": 1, "1M": 2, "2M": 3 });
  });

  it("stays what it is where the connection is gone for a moment", async () => {
    const { tops, since } = await replica();
    cut();
    isCut = false;
    await write(4, "3M");
    assert.equal((await replica()).since, since, "it was never behind");
    await has(tops!["disk0"]!, { "2M": 3, "3M": 4 });
  });

  it("is behind where it is gone for longer, before the machine hears of a write that it has not", async () => {
    cut();
    const { whole } = await replicaIs("behind");
    await write(5, "4M");
    await has(whole!["disk0"]!, { "3M": 4, "4M": 0 });
  });

  it("gets what is new alone into a layer of its own, and is whole all the while", async () => {
    const before = await replica();
    opened.length = 0;
    isCut = false;
    const { whole } = await replicaIs("in-sync");
    assert.deepEqual(
      opened.filter((how) => how === "anew"),
      [],
    );
    assert.notDeepEqual(whole, before.whole);
    assert.equal((await layerById(h2, whole!["disk0"]!)).below, before.whole!["disk0"]);
    await write(6, "5M");
    await has(whole!["disk0"]!, { "0": 1, "1M": 2, "4M": 5, "5M": 6 });
  });

  it("is nothing where what wrote to it ended by itself, until all of it is copied anew", async () => {
    const { whole } = await replica();
    const socket = nbdSocket(join(folder, "h2", "copies", guest.id));
    const [server] = await findProcesses(
      (argv) => argv.some((one) => one.includes(socket)) && argv[0]!.includes("storage-daemon"),
    );
    signalProcess(server!, "SIGKILL");
    await waitGone(server!, 5000);
    const now = await eventually(async () => {
      const after = await replica();
      assert.notDeepEqual(after.whole, whole);
      assert.equal(after.state, "in-sync");
      return after;
    });
    await write(7, "6M");
    await has(now.whole!["disk0"]!, { "0": 1, "4M": 5, "6M": 7 });
  });

  it("stands aside for what changes the disks, and follows anew", async () => {
    const { since } = await replica();
    await standAside(fleet, guest.id, "it is tried");
    const now = await eventually(async () => {
      const after = await replica();
      assert.ok(after.state === "in-sync" && after.since !== since);
      return after;
    });
    await write(8, "7M");
    await has(now.whole!["disk0"]!, { "6M": 7, "7M": 8 });
  });

  it("is written to by nobody once it is closed, until the guest's host writes a later epoch", async () => {
    const { epoch, tops } = await replica();
    // The guest's host is lost: what it would write of itself is not taken.
    isCut = true;
    const kept = await copies.close(guest.id, { epoch });
    assert.deepEqual([kept.torn, kept.tops], [false, tops]);
    await assert.rejects(copies.opened(guest.id, "h1", { epoch, how: "on", tops: tops! }), {
      code: "replica.cut",
    });
    await update<GuestRecord>(h1, guestKey(guest.id), (now) => now && { ...now, name: "as it was" });
    isCut = false;
    await replicaIs("in-sync");
  });
});
