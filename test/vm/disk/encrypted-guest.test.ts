/** Do a guest's encrypted disks stay encrypted through all that is done to them, and does all of that work? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { loadSealKey } from "#durable/store/seal";
import { longestChain } from "#domain/volume/chain";
import { DiskKeys } from "#domain/volume/disk-key";
import { layerKey, layerPrefix, type Layer } from "#domain/volume/layer";
import { MiB, TestLodge } from "../daemon.ts";
import { restore, take } from "../guest/snapshot-world.ts";
import { openLayers } from "../guest/stack.ts";

/** What the guest writes, and nobody finds on the host. */
const canary = `canary-${randomBytes(12).toString("hex")}`;
const mark = (what: string): string => `${canary}-${what}`.padEnd(64, ".");

describe("a guest with encrypted disks", () => {
  let lodge: TestLodge;
  let elsewhere = "";
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    elsewhere = await mkdtemp("/tmp/lodge-vm-scratch-");
    const target = elsewhere;
    await lodge.client.call("poolCreate", { body: { name: "elsewhere", kind: "directory", target } });
    await lodge.run({ name: "g", cold: true, encrypted: true });
  });
  after(async () => {
    await lodge?.[Symbol.asyncDispose]();
    if (elsewhere !== "") await rm(elsewhere, { recursive: true, force: true });
  });

  const g = { guest: "g" };
  const write = (guest: string, what: string, disk = "vda") =>
    lodge.sh(
      guest,
      `until [ -b /dev/${disk} ]; do sleep 0.1; done; printf %s '${mark(what)}' | dd of=/dev/${disk} bs=64 conv=notrunc,fsync 2>/dev/null`,
    );
  const read = (guest: string, disk = "vda") =>
    lodge.sh(
      guest,
      `until [ -b /dev/${disk} ]; do sleep 0.1; done; echo 3 >/proc/sys/vm/drop_caches; head -c 64 /dev/${disk}`,
    );
  const reads = async (guest: string, what: string, disk?: string) =>
    assert.equal(await read(guest, disk), mark(what));
  const stop = () => lodge.done(lodge.client.call("guestStop", { params: g, body: { force: true } }));
  const start = () => lodge.done(lodge.client.call("guestStart", { params: g }));
  const attach = (volume: string, guest: string) =>
    lodge.done(lodge.client.call("volumeAttach", { params: { volume }, body: { guest } }));
  const removeVolume = async (volume: string) => {
    await lodge
      .done(lodge.client.call("volumeDetach", { params: { volume }, body: { force: true } }))
      .catch(() => undefined);
    await lodge.client.call("volumeDelete", { params: { volume } });
  };
  const clone = (name: string, body: { full?: boolean; pool?: string } = {}) =>
    lodge.done(lodge.client.call("volumeClone", { params: { volume: "g:disk0" }, body: { name, ...body } }));
  const move = (pool: string) =>
    lodge.done(lodge.client.call("volumeMove", { params: { volume: "g:disk0" }, body: { pool } }));

  it("keeps what it writes over a restart", async () => {
    assert.equal((await lodge.guest("g")).disks[0]!.encrypted, true);
    await write("g", "first");
    await stop();
    await start();
    await reads("g", "first");
  });

  it("goes back to a snapshot, as often as is wanted", async () => {
    await take(lodge, "g", { name: "one" });
    await write("g", "second");
    await take(lodge, "g", { name: "two" });
    await write("g", "third");
    await restore(lodge, "g", "one", { force: true });
    await reads("g", "first");
    await restore(lodge, "g", "two", { force: true });
    await reads("g", "second");
  });

  it("goes on from memory that lies encrypted in a file, suspended or in a snapshot", async () => {
    await lodge.sh("g", `echo ${canary} >/dev/shm/mark`);
    await take(lodge, "g", { name: "with-memory", memory: true });
    await lodge.done(lodge.client.call("guestSuspend", { params: g }));
    await start();
    assert.equal(await lodge.sh("g", "cat /dev/shm/mark"), canary);
    await lodge.sh("g", "rm /dev/shm/mark");
    await restore(lodge, "g", "with-memory", { force: true });
    assert.equal(await lodge.sh("g", "cat /dev/shm/mark"), canary);
    await reads("g", "second");
  });

  it("is branched, and made another of a snapshot: each has keys of its own", async () => {
    await lodge.done(lodge.client.call("guestFork", { params: g, body: { name: "branch" } }));
    await reads("branch", "second");
    await write("branch", "branch");
    const params = { guest: "g", snapshot: "one" };
    await lodge.done(lodge.client.call("snapshotFork", { params, body: { name: "of-one" } }));
    await reads("of-one", "first");
    await reads("g", "second");
    for (const name of ["branch", "of-one"]) {
      assert.equal((await lodge.guest(name)).disks[0]!.encrypted, true);
      await lodge.remove(name);
    }
  });

  it("has its disks grow, running and at rest, and gets more that are encrypted too", async () => {
    const grow = (size: number) =>
      lodge.done(lodge.client.call("diskResize", { params: { ...g, disk: "disk0" }, body: { size } }));
    await grow(80 * MiB);
    assert.equal(Number(await lodge.sh("g", "cat /sys/block/vda/size")) * 512, 80 * MiB);
    await lodge.done(lodge.client.call("diskAdd", { params: g, body: { size: 16 * MiB } }));
    assert.equal((await lodge.guest("g")).disks[1]!.encrypted, true);
    await write("g", "added", "sda");
    await stop();
    await grow(96 * MiB);
    await start();
    assert.equal(Number(await lodge.sh("g", "cat /sys/block/vda/size")) * 512, 96 * MiB);
    await reads("g", "second");
    await reads("g", "added", "sda");
    await lodge.done(lodge.client.call("diskRemove", { params: { ...g, disk: "disk1" } }));
    await lodge.sh("g", "while [ -e /dev/sda ]; do sleep 0.1; done");
  });

  it("has its disk cloned while it runs and at rest, thinly and whole", async () => {
    await clone("thin");
    await clone("whole", { full: true, pool: "elsewhere" });
    await stop();
    await clone("at-rest", { full: true });
    await start();
    for (const volume of ["thin", "whole", "at-rest"]) {
      assert.equal((await lodge.client.call("volumeGet", { params: { volume } })).encrypted, true);
      await attach(volume, "g");
      await reads("g", "second", "sda");
      await removeVolume(volume);
      await lodge.sh("g", "while [ -e /dev/sda ]; do sleep 0.1; done");
    }
  });

  it("has its disk moved to another pool and back, at rest and while it runs", async () => {
    await move("elsewhere");
    await write("g", "moved");
    await stop();
    await move("default");
    await start();
    await reads("g", "moved");
  });

  it("has long chains shortened while it runs", async () => {
    for (let time = 0; time < longestChain; time++) {
      await clone("passing");
      await removeVolume("passing");
    }
    while ((await openLayers(lodge, "g")).length > longestChain / 2) await delay(50);
    await lodge.idle();
    await reads("g", "moved");
    await stop();
    await start();
    await reads("g", "moved");
  });

  it("stands whole where the daemon is killed with a layer half made", async () => {
    const layers = async () => (await readdir(join(lodge.home, "layers"))).filter((name) => /^l/.test(name));
    const before = (await layers()).length;
    void lodge.client.call("snapshotCreate", { params: g, body: { name: "cut" } }).catch(() => undefined);
    while ((await layers()).length === before) await delay(5);
    await lodge.restart();
    await lodge.idle();
    await write("g", "after-the-kill");
    await take(lodge, "g", { name: "later" });
    await reads("g", "after-the-kill");
    await lodge.restart();
    await reads("g", "after-the-kill");
  });

  it("says so where a key is gone", async () => {
    await stop();
    await lodge.end("SIGTERM");
    const top = await changeTop(({ secret: _, ...layer }) => layer);
    await lodge.start();
    await assert.rejects(start(), { code: "volume.key_missing" });
    await lodge.end("SIGTERM");
    await changeTop(() => top);
    await lodge.start();
    await start();
    await reads("g", "after-the-kill");
  });

  /** Changes the record of the layer that g's disk is written to; resolves to what it was. */
  async function changeTop(change: (layer: Layer) => Layer): Promise<Layer> {
    return lodge.withStore(async (store) => {
      const guests = (await store.list("guests/")).items.map(({ value }) => value);
      const { disks } = guests.find((one) => (one as { name: string }).name === "g") as {
        disks: { layer: string }[];
      };
      const { value } = (await store.get(layerKey(disks[0]!.layer)))!;
      await store.transact({ put: [{ key: layerKey(disks[0]!.layer), value: change(value as Layer) }] });
      return value as Layer;
    });
  }

  it("has left nothing in the clear, and its keys nowhere", async () => {
    await lodge.done(lodge.client.call("guestSuspend", { params: g }));
    await start();
    const { pid } = await lodge.guest("g");
    const seen = await Promise.all(
      ["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "latin1")),
    );
    await lodge.done(lodge.client.call("guestSuspend", { params: g }));
    await lodge.end("SIGTERM");
    const keys = new DiskKeys(await loadSealKey(join(lodge.home, "secret.key")));
    const layers = await lodge.withStore(async (store) => (await store.list(layerPrefix)).items);
    const secrets = layers.flatMap(({ value }) => keys.open(value as Layer) ?? []);
    assert.ok(secrets.length >= 4, `${secrets.length} keys`);
    for (const secret of secrets) assert.ok(!seen.some((text) => text.includes(secret)));
    const wanted = [canary, ...secrets].flatMap((text) => ["-e", text]);
    const found = await exec("grep", ["-rlF", ...wanted, lodge.home, elsewhere]).then(
      ({ stdout }) => stdout,
      () => "",
    );
    assert.equal(found, "", "files that have a key or the plain text");
    await lodge.start();
    await start();
    await reads("g", "after-the-kill");
  });
});
