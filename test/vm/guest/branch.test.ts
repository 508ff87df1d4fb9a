/** Has a branch its parent's memory and disk at one moment, and a life of its own after? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import type { Schemas } from "#contract/schemas";
import { assertConsistent } from "./consistent.ts";
import { TestLodge } from "../daemon.ts";

type Guest = Schemas["Guest"];

describe("a branch of a running guest", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
    await lodge.run({ name: "parent" });
    // Counts in memory and on disk, the disk always one step behind: a cut through both shows. Neither is
    // ever truncated, so that whoever looks finds a number.
    await lodge.sh(
      "parent",
      "(i=0; while :; do i=$((i + 1)); printf '%08d' $i 1<>/dev/shm/n; printf '%08d' $i | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null; done) >/dev/null 2>&1 & echo $! >/dev/shm/pid; until [ -s /dev/shm/n ]; do sleep 0.1; done",
    );
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const branch = async (guest: string, body: Schemas["GuestFork"] = {}) => {
    const { result } = await lodge.done(lodge.client.call("guestFork", { params: { guest }, body }));
    return result as { guests: Guest[]; pause: number };
  };
  const count = async (guest: string) => Number(await lodge.sh(guest, "cat /dev/shm/n"));

  it("has its processes, its memory and its disk at one moment", async () => {
    const atFirst = await count("parent");
    const { guests, pause } = await branch("parent", { name: "child" });
    assert.deepEqual(
      guests.map(({ name, state, origin }) => [name, state, origin.how, origin.parent]),
      [["child", "running", "branch", "parent"]],
    );
    assert.ok(pause < 1000, `the parent stood still for ${pause} ms`);
    assert.ok((await count("child")) >= atFirst);
    assert.equal(await lodge.sh("child", "kill -0 $(cat /dev/shm/pid) && echo alive"), "alive");
    await lodge.sh("child", "kill -STOP $(cat /dev/shm/pid); sleep 0.5; sync");
    const read = "echo $(cat /dev/shm/n) $(head -c 8 /dev/vda)";
    const [memory, disk] = (await lodge.sh("child", read)).split(" ").map(Number);
    assert.ok(memory! - disk! <= 1 && memory! - disk! >= 0, `memory says ${memory}, the disk ${disk}`);
  });

  it("is another machine, and its parent goes on", async () => {
    const [child, parent] = await Promise.all([lodge.guest("child"), lodge.guest("parent")]);
    assert.notEqual(child.nics[0]!.mac, parent.nics[0]!.mac);
    assert.notEqual(child.nics[0]!.address, parent.nics[0]!.address);
    for (const { name, nics } of [child, parent]) {
      assert.equal(await lodge.sh(name, "hostname"), name);
      assert.equal(await lodge.sh(name, "cat /sys/class/net/eth0/address"), nics[0]!.mac);
      await exec("ping", ["-c", "1", "-w", "30", nics[0]!.address!]);
    }
    const ids = await Promise.all(["child", "parent"].map((name) => lodge.sh(name, "cat /etc/machine-id")));
    assert.notEqual(ids[0], ids[1]);
    const before = await count("parent");
    await delay(1000);
    assert.ok((await count("parent")) > before, "the parent stands still");
  });

  it("goes its own way in memory and on disk", async () => {
    await lodge.sh(
      "child",
      "echo mine >/dev/shm/mark; printf mine | dd of=/dev/vda seek=1000 conv=notrunc,fsync 2>/dev/null",
    );
    assert.equal(await lodge.sh("parent", "cat /dev/shm/mark 2>/dev/null || echo none"), "none");
    await lodge.sh("parent", "echo 3 >/proc/sys/vm/drop_caches");
    assert.equal(
      await lodge.sh("parent", "dd if=/dev/vda skip=1000 count=1 2>/dev/null | head -c 4 | tr -d '\\000'"),
      "",
    );
  });

  it("can be made many at once, and branched again", async () => {
    const { guests } = await branch("child", { count: 2, name: "grand" });
    assert.deepEqual(guests.map(({ name }) => name).toSorted(), ["grand-1", "grand-2"]);
    for (const { name } of guests) assert.equal(await lodge.sh(name, "cat /dev/shm/mark"), "mine");
    const [again] = (await branch("grand-1", { name: "great" })).guests;
    assert.equal(await lodge.sh(again!.name, "cat /dev/shm/mark"), "mine");
  });

  it("keeps its disk when its parent is gone", async () => {
    await lodge.remove("child");
    await lodge.remove("grand-1");
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "great" }, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "great" } }));
    assert.equal(await lodge.sh("great", "dd if=/dev/vda skip=1000 count=1 2>/dev/null | head -c 4"), "mine");
  });

  it("of a paused guest leaves it paused", async () => {
    await lodge.done(lodge.client.call("guestPause", { params: { guest: "parent" } }));
    await branch("parent", { name: "of-paused" });
    assert.equal((await lodge.guest("parent")).state, "paused");
    await lodge.done(lodge.client.call("guestResume", { params: { guest: "parent" } }));
    assert.ok(await count("of-paused"));
  });

  it("is refused where its name is taken, and nothing is left of it", async () => {
    const before = (await lodge.client.call("guestList")).length;
    await assert.rejects(branch("parent", { name: "great" }), { code: "guest.name_taken" });
    assert.equal((await lodge.client.call("guestList")).length, before);
    assert.ok(await count("parent"));
  });

  it("leaves nothing that no guest needs", async () => {
    for (const name of ["parent", "grand-2"]) await lodge.remove(name);
    await assertConsistent(lodge);
    await lodge.start();
  });
});
