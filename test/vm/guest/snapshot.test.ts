/** Is a snapshot what its guest's disks were at one moment, and does every other stay what it was? */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { MiB, TestLodge } from "../daemon.ts";
import { assertConsistent } from "./consistent.ts";
import { names, rawDisks, removeSnapshot, restore, take } from "./snapshot-world.ts";

/** Counts on two disks, the second always one step behind, until it is told to end. */
const counter = `
  (i=0; while [ ! -e /dev/shm/enough ]; do i=$((i + 1))
    for disk in /dev/sda /dev/sdb; do
      printf '%08d' $i | dd of=$disk conv=notrunc,fsync 2>/dev/null
    done
  done; touch /dev/shm/ended) >/dev/null 2>&1 &
  until [ "$(head -c 8 /dev/sdb | tr -d '\\000')" ]; do sleep 0.1; done`;

/** Makes and removes files as fast as it can, until it is told to end. */
const busy = `
  (i=0; while [ ! -e /dev/shm/enough ]; do i=$((i + 1))
    mkdir -p /mnt/many/$((i % 7)); echo $i >/mnt/many/$((i % 7))/$((i % 50)); rm -rf /mnt/many/$(((i + 3) % 7))
  done) >/dev/null 2>&1 &`;

const mount = "mkdir -p /mnt && mount -t ext4 /dev/vda /mnt";

describe("a snapshot of disks", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    const more = { size: 4 * MiB };
    await lodge.run({ name: "g", disks: [{}, more, more] });
    await lodge.sh("g", `mke2fs /dev/vda && ${mount} && echo one >/mnt/file && sync`);
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const file = async () => lodge.sh("g", `mountpoint -q /mnt || (${mount}); cat /mnt/file`);
  const current = async () => (await lodge.guest("g")).snapshot;

  it("is of one moment on all disks, with whole file systems, while the guest writes to them", async (t) => {
    await lodge.sh("g", counter);
    await lodge.sh("g", busy);
    const { snapshot, warning } = await take(lodge, "g", { name: "first", freeze: "always" });
    assert.equal(warning, undefined);
    assert.equal(snapshot.consistency, "agent");
    assert.equal(await current(), snapshot.id);
    t.diagnostic(`frozen: writing was held up for ${snapshot.pause!.toFixed(1)} ms`);
    const plain = (await take(lodge, "g", { name: "plain", freeze: "never" })).snapshot;
    assert.deepEqual([plain.consistency, plain.parent], ["crash", snapshot.id]);
    t.diagnostic(`not frozen: ${plain.pause!.toFixed(1)} ms`);
    await lodge.sh("g", "touch /dev/shm/enough; until [ -e /dev/shm/ended ]; do sleep 0.1; done");
    for (const name of ["first", "plain"]) {
      const disks = await rawDisks(lodge, "g", name);
      const [ahead, behind] = await Promise.all(
        ["disk1", "disk2"].map(async (disk) =>
          Number((await readFile(disks[disk]!)).toString("latin1", 0, 8)),
        ),
      );
      assert.ok(ahead! > 0 && ahead! - behind! >= 0 && ahead! - behind! <= 1, `${ahead} and ${behind}`);
      if (name === "first") await exec("e2fsck", ["-f", "-n", disks["disk0"]!]);
    }
    await removeSnapshot(lodge, "g", "plain");
    assert.equal(await current(), snapshot.id);
  });

  it("is not restored under a guest that runs, unless it is switched off for it", async () => {
    await lodge.sh("g", "echo two >/mnt/file && sync");
    await take(lodge, "g", { name: "second" });
    await lodge.sh("g", "echo three >/mnt/file && sync");
    const before = (await lodge.guest("g")).stateSince;
    await assert.rejects(restore(lodge, "g", "first"), { code: "guest.wrong_state" });
    assert.equal((await lodge.guest("g")).stateSince, before);
    assert.equal(await file(), "three");
    await restore(lodge, "g", "first", { force: true });
    assert.equal((await lodge.guest("g")).state, "running");
    assert.equal(await file(), "one");
  });

  it("of a guest at rest needs no process, and the tree branches where another way was left", async () => {
    await lodge.sh("g", "echo other >/mnt/file && sync");
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
    const { snapshot } = await take(lodge, "g", { name: "other", description: "another way" });
    const [first, second, other] = await lodge.client.call("snapshotList", { params: { guest: "g" } });
    assert.deepEqual([second!.parent, other!.parent], [first!.id, first!.id]);
    assert.deepEqual([snapshot.consistency, snapshot.pause], ["rest", undefined]);
    await restore(lodge, "g", "second");
    assert.equal((await lodge.guest("g")).state, "stopped");
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    assert.equal(await file(), "two");
  });

  it("that is removed from the middle takes nothing from those after it", async () => {
    const { removed } = await removeSnapshot(lodge, "g", "first");
    assert.deepEqual(removed, ["first"]);
    assert.deepEqual(await names(lodge, "g"), ["second", "other"]);
    for (const [name, content] of [
      ["other", "other"],
      ["second", "two"],
    ] as const) {
      await restore(lodge, "g", name, { force: true });
      assert.equal(await file(), content);
    }
  });

  it("at an end frees what nobody else needs", async () => {
    const other = await lodge.client.call("snapshotGet", { params: { guest: "g", snapshot: "other" } });
    const { freed } = await removeSnapshot(lodge, "g", "other");
    assert.ok(freed >= other.size, `${freed} bytes of ${other.size}`);
  });

  it("has a name of its own among its guest's", async () => {
    await assert.rejects(take(lodge, "g", { name: "second" }), { code: "snapshot.name_taken" });
    const params = { guest: "g", snapshot: "second" };
    await lodge.client.call("snapshotUpdate", { params, body: { name: "renamed", description: "told" } });
    assert.deepEqual(await names(lodge, "g"), ["renamed"]);
    await assert.rejects(lodge.client.call("snapshotGet", { params }), { code: "snapshot.not_found" });
  });

  it("goes with its guest only where that was said", async () => {
    const remove = (query: { force: true; snapshots?: true }) =>
      lodge.done(lodge.client.call("guestDelete", { params: { guest: "g" }, query }));
    await assert.rejects(remove({ force: true }), { code: "snapshot.keeps" });
    assert.equal((await lodge.guest("g")).state, "running");
    await assertConsistent(lodge);
    await lodge.start();
    await remove({ force: true, snapshots: true });
    await assertConsistent(lodge);
    await lodge.start();
  });
});
