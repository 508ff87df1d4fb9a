/** Does a guest go on from a snapshot of its memory, as often as is wanted, with the disks that belong to it? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { TestLodge, tinyMemory } from "../daemon.ts";
import { addTinyImage } from "../furnish.ts";
import { assertConsistent } from "./consistent.ts";
import { removeSnapshot, restore, take } from "./snapshot-world.ts";

/** Counts in memory and on disk, the disk always one step behind: a cut through both shows. */
const counter = `
  (i=0; while :; do i=$((i + 1))
    printf '%08d' $i 1<>/dev/shm/n; printf '%08d' $i | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
  done) >/dev/null 2>&1 & echo $! >/dev/shm/pid; until [ -s /dev/shm/n ]; do sleep 0.1; done`;

/** Halts what counts, and says how far it was in memory and on disk. */
const cut = "kill -STOP $(cat /dev/shm/pid); sleep 0.5; sync; echo $(cat /dev/shm/n) $(head -c 8 /dev/vda)";

describe("a snapshot with memory", () => {
  let lodge: TestLodge;
  let id: string;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", cold: true });
    await lodge.sh("g", counter);
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const client = () => lodge.client;
  const fork = async (snapshot: string, body: Schemas["SnapshotFork"]) => {
    const params = { guest: "g", snapshot };
    const { result } = await lodge.done(client().call("snapshotFork", { params, body }));
    return (result as { guest: Schemas["Guest"] }).guest;
  };
  const whole = async (guest: string) => {
    const [memory, disk] = (await lodge.sh(guest, cut)).split(" ").map(Number);
    assert.ok(memory! - disk! <= 1 && memory! - disk! >= 0, `memory says ${memory}, the disk ${disk}`);
    return memory!;
  };

  it("is taken while the guest runs on", async (t) => {
    const { snapshot } = await take(lodge, "g", { name: "counting", memory: true });
    id = snapshot.id;
    assert.deepEqual([snapshot.kind, snapshot.consistency], ["memory", "memory"]);
    assert.ok(snapshot.memorySize! > 0 && snapshot.memorySize! < tinyMemory);
    t.diagnostic(
      `it stood still for ${snapshot.pause!.toFixed(1)} ms; ${snapshot.memorySize} bytes of memory`,
    );
    const before = Number(await lodge.sh("g", "cat /dev/shm/n"));
    await lodge.sh("g", `until [ $(cat /dev/shm/n | sed 's/^0*//') -gt ${before} ]; do sleep 0.1; done`);
  });

  it("is gone on from, with its processes and its disk at one moment, twice", async () => {
    const later = await whole("g");
    for (let time = 0; time < 2; time++) {
      await restore(lodge, "g", "counting", { force: true });
      const guest = await lodge.guest("g");
      assert.deepEqual([guest.state, guest.snapshot], ["running", id]);
      assert.equal(await lodge.sh("g", "kill -0 $(cat /dev/shm/pid) && echo alive"), "alive");
      const now = Number(await lodge.sh("g", "cat /dev/shm/n"));
      assert.ok(time > 0 || now > 0, `${now}, and ${later} before`);
      await whole("g");
    }
  });

  it("restored without its memory is booted", async () => {
    await restore(lodge, "g", "counting", { force: true, memory: false, start: true });
    assert.equal((await lodge.guest("g")).state, "running");
    assert.equal(await lodge.sh("g", "ls /dev/shm | wc -l"), "0");
    assert.ok(Number(await lodge.sh("g", "head -c 8 /dev/vda")) > 0);
  });

  it("becomes a guest of its own that goes on, and one that boots", async () => {
    const made = await fork("counting", { name: "on" });
    assert.deepEqual([made.state, made.origin.how], ["running", "branch"]);
    assert.equal(await lodge.sh("on", "hostname"), "on");
    assert.notEqual(made.nics[0]!.mac, (await lodge.guest("g")).nics[0]!.mac);
    assert.equal(await lodge.sh("on", "cat /sys/class/net/eth0/address"), made.nics[0]!.mac);
    await whole("on");
    const booted = await fork("counting", { name: "anew", memory: false });
    assert.equal(booted.state, "running");
    assert.equal(await lodge.sh("anew", "hostname"), "anew");
    assert.ok(Number(await lodge.sh("anew", "head -c 8 /dev/vda")) > 0);
    await assert.rejects(fork("counting", { name: "on" }), { code: "guest.name_taken" });
  });

  it("of a paused guest is paused, of a suspended one is free, and of a stopped one is refused", async () => {
    await lodge.sh("g", "echo kept >/dev/shm/mark");
    await lodge.done(client().call("guestPause", { params: { guest: "g" } }));
    await take(lodge, "g", { name: "paused", memory: true });
    assert.equal((await lodge.guest("g")).state, "paused");
    await lodge.done(client().call("guestResume", { params: { guest: "g" } }));
    await lodge.done(client().call("guestSuspend", { params: { guest: "g" } }));
    const { snapshot } = await take(lodge, "g", { name: "suspended", memory: true });
    assert.deepEqual([snapshot.kind, snapshot.pause], ["memory", undefined]);
    await lodge.done(client().call("guestStart", { params: { guest: "g" } }));
    await lodge.sh("g", "rm /dev/shm/mark");
    await restore(lodge, "g", "suspended", { force: true });
    assert.equal(await lodge.sh("g", "cat /dev/shm/mark"), "kept");
    await restore(lodge, "g", "paused", { force: true });
    assert.equal((await lodge.guest("g")).state, "paused");
    await lodge.done(client().call("guestResume", { params: { guest: "g" } }));
    assert.equal(await lodge.sh("g", "cat /dev/shm/mark"), "kept");
    await restore(lodge, "g", "paused", { force: true, start: false });
    assert.equal((await lodge.guest("g")).state, "suspended");
    await restore(lodge, "g", "paused", { memory: false, start: false });
    assert.equal((await lodge.guest("g")).state, "stopped");
    await assert.rejects(take(lodge, "g", { memory: true }), { code: "snapshot.no_memory" });
  });

  it("can be kept before a restore, and is the way back", async () => {
    const params = { guest: "g", snapshot: "counting" };
    const begun = client().call("snapshotRestore", { params, body: { keep: true, start: false } });
    const { result } = await lodge.done(begun);
    const { kept } = result as { kept: string };
    const list = await client().call("snapshotList", { params: { guest: "g" } });
    assert.equal(list.at(-1)!.name, kept);
    await restore(lodge, "g", kept, { start: false });
    await removeSnapshot(lodge, "g", kept);
  });

  it("that goes leaves nothing, and the guests made of it whole", async () => {
    const prune = client().call("snapshotPrune", { params: { guest: "g" }, body: { keep: 1 } });
    const { removed } = (await lodge.done(prune)).result as { removed: string[] };
    assert.deepEqual(removed, ["counting", "paused"]);
    await lodge.remove("g");
    assert.ok(Number(await lodge.sh("on", "head -c 8 /dev/vda")) > 0);
    await assertConsistent(lodge);
    await lodge.start();
  });

  it("needs Lodge's agent in a guest that is to be another", async () => {
    await lodge.end("SIGTERM");
    await lodge.withStore((store) => addTinyImage(store, lodge.paths, "mute", "none"));
    await lodge.start();
    await lodge.run({ image: "mute", name: "g", wait: "none" });
    await take(lodge, "g", { name: "mute", memory: true });
    await assert.rejects(fork("mute", { name: "other" }), (error) => hasCode(error, "snapshot.not_forkable"));
  });
});
