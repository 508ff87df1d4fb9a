/** Can volumes be made, attached, grown, cloned and moved while their guest runs, and is nothing on them lost? */
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { assertConsistent } from "../guest/consistent.ts";
import { MiB, TestLodge } from "../daemon.ts";
import { mounted, type Mounted } from "./mounted.ts";

type Volume = Schemas["Volume"];

describe("volumes", () => {
  let lodge: TestLodge;
  let fast: Mounted;
  let shared: Mounted;
  before(async () => {
    fast = await mounted("btrfs");
    shared = await mounted("xfs");
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.client.call("poolCreate", { body: { name: "fast", kind: "directory", target: fast.at } });
    const body = { name: "team", kind: "shared", target: shared.at, quota: 128 * MiB } as const;
    await lodge.client.call("poolCreate", { body });
    await lodge.run({ name: "g", cold: true });
  });
  after(async () => {
    try {
      await lodge?.[Symbol.asyncDispose]();
    } finally {
      await fast?.[Symbol.asyncDispose]();
      await shared?.[Symbol.asyncDispose]();
    }
  });

  const volume = (ref: string) => lodge.client.call("volumeGet", { params: { volume: ref } });
  const create = (body: Schemas["VolumeCreate"]) => lodge.done(lodge.client.call("volumeCreate", { body }));
  const attach = (ref: string, guest = "g") =>
    lodge.done(lodge.client.call("volumeAttach", { params: { volume: ref }, body: { guest } }));
  const detach = (ref: string, body: Schemas["VolumeDetach"] = {}) =>
    lodge.done(lodge.client.call("volumeDetach", { params: { volume: ref }, body }));
  const move = (ref: string, pool: string) =>
    lodge.done(lodge.client.call("volumeMove", { params: { volume: ref }, body: { pool } }));
  const clone = (ref: string, body: Schemas["VolumeClone"]) =>
    lodge.done(lodge.client.call("volumeClone", { params: { volume: ref }, body }));
  const resize = (ref: string, size: number) =>
    lodge.done(lodge.client.call("volumeResize", { params: { volume: ref }, body: { size } }));
  const remove = (ref: string) => lodge.client.call("volumeDelete", { params: { volume: ref } });
  /** Its device in the guest. */
  const device = async (ref: string): Promise<string> => {
    const { guestName, disk } = await volume(ref);
    const { disks } = await lodge.guest(guestName!);
    const { serial } = disks.find(({ id }) => id === disk)!;
    const look = `for b in /sys/block/sd*; do grep -qs ${serial} $b/device/vpd_pg80 && echo /dev/\${b##*/}; done; true`;
    return (await lodge.sh(guestName!, `n=0; until [ "$(${look})" ]; do sleep 0.1; done; ${look}`)).trim();
  };
  const write = async (ref: string, text: string, at = 0) =>
    lodge.sh(
      "g",
      `printf ${text} | dd of=${await device(ref)} bs=1M seek=${at} conv=notrunc,fsync 2>/dev/null`,
    );
  const read = async (ref: string, bytes: number, at = 0) =>
    lodge.sh(
      "g",
      `echo 3 >/proc/sys/vm/drop_caches; dd if=${await device(ref)} bs=1M skip=${at} count=1 2>/dev/null | head -c ${bytes}`,
    );
  const files = async (pool: Mounted) =>
    (await readdir(join(pool.at, "lodge"))).filter((name) => !name.startsWith("."));
  const place = ({ pool, guestName, disk, size }: Volume) => [pool, guestName, disk, size / MiB];

  it("are listed with guests' own disks among them", async () => {
    await create({ name: "data", size: 32 * MiB, pool: "fast" });
    const all = await lodge.client.call("volumeList");
    assert.deepEqual(
      all.map(({ name, own, pool }) => [name, own, pool]),
      [
        ["data", false, "fast"],
        ["g:disk0", true, "default"],
      ],
    );
    assert.equal((await files(fast)).length, 1);
    const { promised, volumes, state } = await lodge.client.call("poolGet", { params: { pool: "fast" } });
    assert.deepEqual([promised / MiB, volumes, state], [32, 1, "ready"]);
  });

  it("come to a guest that runs, and are written where their pool is", async () => {
    await attach("data");
    assert.deepEqual(place(await volume("data")), ["fast", "g", "disk1", 32]);
    await write("data", "first");
    assert.equal(await read("data", 5), "first");
    const [file] = await files(fast);
    assert.ok((await stat(join(fast.at, "lodge", file!))).blocks > 0);
    await assert.rejects(remove("data"), { code: "volume.attached" });
    await assert.rejects(attach("data"), { code: "volume.attached" });
    const params = { guest: "g", disk: "disk1" };
    await assert.rejects(lodge.done(lodge.client.call("diskRemove", { params })), {
      code: "volume.attached",
    });
  });

  it("grow, and the guest sees it at once", async () => {
    await resize("data", 64 * MiB);
    const sectors = await lodge.sh("g", `cat /sys/block/${(await device("data")).slice(5)}/size`);
    assert.equal(Number(sectors) * 512, 64 * MiB);
    await write("data", "end", 63);
    await assert.rejects(resize("data", 32 * MiB), { code: "volume.shrink" });
    assert.equal((await volume("data")).size, 64 * MiB);
  });

  it("are cloned while the guest writes, each its own from then on", async () => {
    await clone("data", { name: "near" });
    await clone("data", { name: "far", pool: "team" });
    await write("data", "later");
    assert.equal((await volume("near")).pool, "fast");
    assert.equal((await volume("far")).pool, "team");
    await attach("near");
    await attach("far");
    for (const one of ["near", "far"]) {
      assert.equal(await read(one, 5), "first", one);
      assert.equal(await read(one, 3, 63), "end", one);
      await write(one, "other");
    }
    assert.equal(await read("data", 5), "later");
    await detach("near");
    await detach("far");
    assert.deepEqual(place(await volume("far")), ["team", undefined, undefined, 64]);
  });

  it("are not promised beyond a pool's quota", async () => {
    await assert.rejects(create({ name: "more", size: 65 * MiB, pool: "team" }), { code: "pool.quota" });
    await assert.rejects(resize("far", 129 * MiB), { code: "pool.quota" });
    await create({ name: "more", size: 64 * MiB, pool: "team" });
    const both = await Promise.allSettled(
      ["a", "b"].map((name) => create({ name, size: MiB, pool: "team" })),
    );
    assert.deepEqual(
      both.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    await remove("more");
  });

  it("move while their guest writes to them, and nothing of it is lost", async () => {
    const at = await device("data");
    // Numbers, each flushed: what was said to be written has to be there, in order.
    const writer = `i=0; while [ ! -e /tmp/stop ]; do
      i=$((i+1)); printf %08d $i | dd of=${at} bs=4096 seek=$((i % 2048 + 256)) conv=notrunc,fsync 2>/dev/null && echo $i >/tmp/last
    done; echo done >/tmp/ended`;
    await lodge.sh("g", `rm -f /tmp/stop /tmp/ended; (${writer}) >/dev/null 2>&1 &`);
    await lodge.sh("g", "until [ -s /tmp/last ]; do sleep 0.05; done");
    await remove("far");
    await move("data", "team");
    await move("data", "fast");
    await lodge.sh("g", "touch /tmp/stop; until [ -e /tmp/ended ]; do sleep 0.05; done");
    const last = Number(await lodge.sh("g", "cat /tmp/last"));
    const first = Math.max(1, last - 2000);
    const check = `echo 3 >/proc/sys/vm/drop_caches; i=${first}; while [ $i -le ${last} ]; do
      [ "$(dd if=${at} bs=4096 skip=$((i % 2048 + 256)) count=1 2>/dev/null | head -c 8)" = "$(printf %08d $i)" ] || echo $i
      i=$((i+1)); done`;
    assert.equal(await lodge.sh("g", check), "");
    assert.equal(await read("data", 5), "later");
    assert.equal(await read("data", 3, 63), "end");
    assert.equal((await lodge.guest("g")).state, "running");
    assert.deepEqual(place(await volume("data")), ["fast", "g", "disk1", 64]);
    assert.deepEqual(await files(shared), []);
  });

  it("move with a guest's own disk, and come back", async () => {
    await lodge.sh("g", "printf own | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null");
    await move("g:disk0", "fast");
    assert.equal((await volume("g:disk0")).pool, "fast");
    await move("g:disk0", "default");
    assert.equal(await lodge.sh("g", "echo 3 >/proc/sys/vm/drop_caches; head -c 3 /dev/vda"), "own");
    await assert.rejects(move("g:disk0", "default"), { code: "volume.same_pool" });
    await assert.rejects(detach("g:disk0"), { code: "volume.own" });
    await assert.rejects(remove("g:disk0"), { code: "volume.own" });
  });

  it("stay in a guest that uses them, until it lets go", async () => {
    const at = await device("data");
    await lodge.sh("g", `mkswap ${at} >/dev/null && swapon ${at}`);
    await assert.rejects(detach("data", { timeout: 1 }), (error: { code: string; message: string }) => {
      assert.equal(error.code, "volume.in_use");
      return /it swaps to it/.test(error.message);
    });
    assert.equal((await volume("data")).guestName, "g");
    const waiting = detach("data", { timeout: 60 });
    await lodge.sh("g", `swapoff ${at}`);
    await waiting;
    assert.equal((await volume("data")).guestName, undefined);
    assert.equal(await lodge.sh("g", `[ -e /sys/block/${at.slice(5)} ] && echo there || echo gone`), "gone");
  });

  it("move, grow and are cloned by themselves too", async () => {
    await move("data", "team");
    await resize("data", 72 * MiB);
    await move("data", "fast");
    await clone("data", { name: "twin" });
    await attach("data");
    await attach("twin");
    for (const one of ["data", "twin"]) assert.equal(await read(one, 3, 63), "end", one);
    await detach("twin");
  });

  for (const format of ["qcow2", "raw"] as const)
    it(`give space back that the guest discards, in ${format}`, async () => {
      const name = `trim-${format}`;
      await create({ name, size: 64 * MiB, format, pool: "fast" });
      await attach(name);
      const used = async () => (await volume(name)).used / MiB;
      const at = await device(name);
      await lodge.sh("g", `mke2fs ${at} >/dev/null 2>&1; mkdir -p /mnt; mount -t ext4 ${at} /mnt`);
      await lodge.sh("g", "dd if=/dev/urandom of=/mnt/file bs=1M count=40 conv=fsync 2>/dev/null");
      const full = await used();
      assert.ok(full > 40, `${full} MiB`);
      await lodge.sh("g", "rm /mnt/file; sync; fstrim /mnt; umount /mnt; sync");
      const left = await used();
      assert.ok(left < 10, `${left} of ${full} MiB`);
      await detach(name);
      await remove(name);
    });

  it("go along with snapshots of their guest, and are asked for where one is restored", async () => {
    const params = { guest: "g", snapshot: "one" };
    await write("data", "kept", 1);
    await lodge.done(lodge.client.call("snapshotCreate", { params: { guest: "g" }, body: { name: "one" } }));
    assert.equal((await volume("data")).pool, "fast");
    await write("data", "lost", 1);
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
    await detach("data");
    const restore = () =>
      lodge.done(lodge.client.call("snapshotRestore", { params, body: { start: false } }));
    await assert.rejects(restore(), { code: "snapshot.other_volumes" });
    await attach("data");
    await restore();
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    assert.equal(await read("data", 4, 1), "kept");
  });

  it("are the same after the daemon was killed, and all that is there is known", async () => {
    await assertConsistent(lodge);
    await lodge.start();
    assert.deepEqual(place(await volume("data")), ["fast", "g", "disk1", 72]);
  });

  it("give up on a pool whose mount is gone, and say so", async () => {
    await create({ name: "far", size: MiB, pool: "team" });
    await shared.unmount();
    const { state, reason } = await lodge.client.call("poolGet", { params: { pool: "team" } });
    assert.deepEqual([state, reason], ["unusable", "nothing is mounted there"]);
    await assert.rejects(create({ name: "b", size: MiB, pool: "team" }), { code: "pool.unusable" });
    await assert.rejects(move("data", "team"), { code: "pool.unusable" });
    const remove = (pool: string) => lodge.client.call("poolDelete", { params: { pool } });
    await assert.rejects(remove("team"), { code: "pool.in_use" });
    await assert.rejects(remove("default"), { code: "pool.default" });
  });

  it("in a pool that is newer than its guest's cell are not plugged in, which names the fix", async () => {
    await using late = await mounted("ext4");
    await lodge.client.call("poolCreate", { body: { name: "late", kind: "directory", target: late.at } });
    await create({ name: "late", size: MiB, pool: "late" });
    await assert.rejects(attach("late"), (error: { code: string; hint: string }) => {
      assert.equal(error.code, "pool.out_of_sight");
      return /lodge restart g/.test(error.hint);
    });
    await remove("late");
    await lodge.client.call("poolDelete", { params: { pool: "late" } });
  });

  it("outlive their guest, and go when they are removed", async () => {
    await lodge.remove("g");
    assert.equal((await volume("data")).guestName, undefined);
    for (const name of ["data", "near", "twin", "far"]) await remove(name);
    assert.deepEqual(await lodge.client.call("volumeList"), []);
    assert.deepEqual(await files(fast), []);
    await lodge.client.call("poolDelete", { params: { pool: "fast" } });
  });
});
