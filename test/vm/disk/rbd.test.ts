/** Does a pool of Ceph's keep what it promises, by itself and under a guest? With a real Ceph, as small as it can be. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Schemas } from "#contract/schemas";
import { poolConformance } from "#hypervisor/disk/pool/conformance";
import { knowRbd } from "#hypervisor/disk/pool/rbd/connection";
import { leaveRbd, RbdPool } from "#hypervisor/disk/pool/rbd/rbd";
import { mountPoints } from "#hypervisor/disk/pool/mount";
import { MiB, TestLodge } from "../daemon.ts";
import { lacksCeph, TestCeph } from "./ceph.ts";

const lacking = await lacksCeph();
const mounts = () => [...mountPoints(readFileSync("/proc/self/mountinfo", "utf8"))];
const below = (folder: string) => mounts().filter((place) => place.startsWith(folder));

describe("a pool of Ceph's", { skip: lacking }, () => {
  let ceph: TestCeph;
  before(async () => {
    ceph = await TestCeph.start();
  });
  after(() => ceph?.[Symbol.asyncDispose]());

  const access = () => ({ monitors: ceph.monitors, user: ceph.user, key: ceph.key });

  poolConformance("one of Ceph's", async () => {
    const home = await mkdtemp("/tmp/lodge-rbd-");
    const folder = join(home, "rbd", "ceph");
    knowRbd(folder, { ...access(), pool: ceph.pool });
    return {
      driver: new RbdPool(folder),
      reflink: true,
      break: async () => ceph.hang(),
      async dispose() {
        ceph.goOn();
        await leaveRbd(folder);
        assert.deepEqual(below(home), []);
        assert.deepEqual(await ceph.images(), []);
        await rm(home, { recursive: true, force: true });
      },
    };
  });

  it("renames an image once, for whoever asks again", async () => {
    const home = await mkdtemp("/tmp/lodge-rbd-");
    const folder = join(home, "rbd", "ceph");
    knowRbd(folder, { ...access(), pool: ceph.pool });
    const driver = new RbdPool(folder);
    const before = await driver.create("before", "raw", MiB);
    for (let again = 0; again < 2; again++) await driver.rename(before, "after");
    assert.deepEqual(await ceph.images(), ["lodge-after"]);
    await assert.rejects(driver.rename({ path: driver.locate("nothing") }, "something"));
    await driver.remove({ path: driver.locate("after") });
    await leaveRbd(folder);
    await rm(home, { recursive: true, force: true });
  });

  describe("under a guest", () => {
    let lodge: TestLodge;
    before(async () => {
      lodge = await TestLodge.start(undefined, { parked: false });
      const how = { name: "ceph", kind: "rbd", target: ceph.pool, ...access() } as const;
      await lodge.client.call("poolCreate", { body: how });
      await lodge.run({ name: "g", cold: true });
    });
    after(async () => {
      await lodge?.[Symbol.asyncDispose]();
      if (lodge) assert.deepEqual(below(lodge.home), []);
    });

    const params = { volume: "data" };
    const volume = () => lodge.client.call("volumeGet", { params });
    const done = (begun: Promise<Schemas["Operation"]>) => lodge.done(begun);
    const attach = () => done(lodge.client.call("volumeAttach", { params, body: { guest: "g" } }));
    const move = (pool: string) => done(lodge.client.call("volumeMove", { params, body: { pool } }));
    const device = async () => {
      const look = "for b in /sys/block/sd*; do [ -e $b ] && echo /dev/${b##*/}; done; true";
      return lodge.sh("g", `n=0; until [ "$(${look})" ]; do sleep 0.1; done; ${look}`);
    };
    const write = async (text: string, at = 0) =>
      lodge.sh(
        "g",
        `printf ${text} | dd of=${await device()} bs=1M seek=${at} conv=notrunc,fsync 2>/dev/null`,
      );
    const read = async (bytes: number, at = 0) =>
      lodge.sh(
        "g",
        `echo 3 >/proc/sys/vm/drop_caches; dd if=${await device()} bs=1M skip=${at} count=1 2>/dev/null | head -c ${bytes}`,
      );
    const folder = () => join(lodge.home, "rbd", "ceph");
    const served = () => readdirSync(folder()).filter((name) => name.endsWith(".raw"));

    it("shows how it is, and its key to nobody", async () => {
      const pool = await lodge.client.call("poolGet", { params: { pool: "ceph" } });
      assert.deepEqual([pool.state, pool.monitors, pool.user], ["ready", ceph.monitors, "lodge"]);
      assert.ok(pool.free > 0 && pool.free <= pool.size);
      assert.ok(!JSON.stringify(pool).includes(ceph.key));
      assert.ok(!readFileSync(lodge.paths.store, "latin1").includes(ceph.key));
    });

    it("gives a volume to a guest that runs, which writes to it", async () => {
      await done(lodge.client.call("volumeCreate", { body: { name: "data", size: 64 * MiB, pool: "ceph" } }));
      assert.deepEqual(served(), [], "what nobody uses is no file");
      await attach();
      assert.equal(served().length, 1);
      await write("first");
      assert.equal(await read(5), "first");
    });

    it("goes on while no daemon is there, and is found again", async () => {
      await lodge.end("SIGKILL");
      await lodge.start();
      assert.equal(await read(5), "first");
      await write("later", 1);
      assert.equal(await read(5, 1), "later");
    });

    it("grows and is cloned under its guest", async () => {
      await done(lodge.client.call("volumeResize", { params, body: { size: 96 * MiB } }));
      const sectors = await lodge.sh("g", `cat /sys/block/${(await device()).slice(5)}/size`);
      assert.equal(Number(sectors) * 512, 96 * MiB);
      await write("end", 95);
      await done(lodge.client.call("volumeClone", { params, body: { name: "twin" } }));
      await write("other");
      const twin = await lodge.client.call("volumeGet", { params: { volume: "twin" } });
      assert.deepEqual([twin.pool, twin.size / MiB, twin.format], ["ceph", 96, "raw"]);
      assert.equal((await volume()).pool, "ceph");
    });

    it("moves to a folder and back while its guest runs", async () => {
      await move("default");
      assert.equal((await volume()).pool, "default");
      assert.deepEqual(served(), []);
      assert.equal(await read(5), "other");
      assert.equal(await read(3, 95), "end");
      await move("ceph");
      assert.equal((await volume()).pool, "ceph");
      await write("again", 2);
      assert.equal(await read(5), "other");
      assert.equal(await read(5, 2), "again");
    });

    it("is in a snapshot of its guest, which goes on beside it, and comes back by a move", async () => {
      const taken = { params: { guest: "g", snapshot: "s" } };
      await done(
        lodge.client.call("snapshotCreate", { params: { guest: "g" }, body: { name: "s", freeze: "never" } }),
      );
      assert.equal((await volume()).pool, "default");
      await write("after", 3);
      assert.ok((await lodge.client.call("snapshotGet", taken)).size >= 0);
      await move("ceph");
      assert.equal(await read(5, 2), "again");
      assert.equal(await read(5, 3), "after");
      assert.equal(served().length, 2, "the snapshot's, which QEMU may have open, and its own");
      await done(lodge.client.call("snapshotDelete", taken));
      assert.equal(served().length, 1);
    });

    it("is taken out of its guest, and is no file any more", async () => {
      await done(lodge.client.call("volumeDetach", { params, body: {} }));
      assert.deepEqual(served(), []);
      assert.equal((await volume()).guestName, undefined);
    });

    it("comes to a guest that is started with it, and stays when that ends", async () => {
      await done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
      await attach();
      await done(lodge.client.call("guestStart", { params: { guest: "g" } }));
      assert.equal(await read(5, 2), "again");
    });

    it("has its guest stand still where what serves it dies, and go on when that is started anew", async () => {
      await write("flushed", 4);
      const state = join(folder(), ".exports", `${served()[0]}.json`);
      process.kill((JSON.parse(readFileSync(state, "utf8")) as { pid: number }).pid, "SIGKILL");
      const at = await device();
      await lodge.sh("g", `(dd if=/dev/zero of=${at} bs=1M seek=8 count=1 conv=fsync) >/dev/null 2>&1 &`);
      while ((await lodge.guest("g")).state !== "paused") await delay(50);
      await done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
      await done(lodge.client.call("guestStart", { params: { guest: "g" } }));
      assert.equal(await read(7, 4), "flushed");
    });

    it("whose Ceph stands still does not keep its guest from being switched off", async () => {
      const at = await device();
      ceph.hangStore();
      try {
        await lodge.sh("g", `(dd if=/dev/zero of=${at} bs=1M seek=8 count=8 conv=fsync) >/dev/null 2>&1 &`);
        await done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
        assert.equal((await lodge.guest("g")).state, "stopped");
      } finally {
        ceph.goOnStore();
      }
      await done(lodge.client.call("guestStart", { params: { guest: "g" } }));
      assert.equal(await read(5, 2), "again");
      await lodge.remove("g");
      assert.equal((await volume()).guestName, undefined);
    });

    it("leaves nothing in Ceph or on the host when all is removed", async () => {
      for (const one of ["data", "twin"])
        await lodge.client.call("volumeDelete", { params: { volume: one } });
      assert.deepEqual(await ceph.images(), []);
      await lodge.client.call("poolDelete", { params: { pool: "ceph" } });
      assert.ok(!existsSync(folder()));
      assert.deepEqual(below(join(lodge.home, "rbd")), []);
    });

    it("that does not answer holds up nothing else", async () => {
      const body = { name: "ceph", kind: "rbd", target: ceph.pool, ...access() } as const;
      await lodge.client.call("poolCreate", { body });
      ceph.hang();
      try {
        const looked = lodge.client.call("poolGet", { params: { pool: "ceph" } });
        await lodge.run({ name: "other", cold: true });
        const { state, reason } = await looked;
        assert.equal(state, "unusable");
        assert.match(reason ?? "", /did not answer/);
      } finally {
        ceph.goOn();
      }
      await lodge.client.call("poolDelete", { params: { pool: "ceph" } });
    });
  });
});
