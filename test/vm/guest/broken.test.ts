/** Is what goes wrong told by its cause, and is everything afterwards as it was before? */
import assert from "node:assert/strict";
import { mkdtemp, open, readdir, rename, rm, statfs, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { hasEnded, type Operation } from "#contract/operation";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { allImages } from "#domain/image/record";
import { assertConsistent } from "./consistent.ts";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";

const start = (lodge: TestLodge, guest: string) =>
  lodge.done(lodge.client.call("guestStart", { params: { guest } }));

describe("what is broken", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const check = async () => {
    await assertConsistent(lodge);
    await lodge.start();
  };
  /** A guest that rests, and the file that its disk writes to. */
  const resting = async (name: string) => {
    const before = await readdir(join(lodge.home, "layers"));
    await lodge.run({ name, start: false });
    const layers = await readdir(join(lodge.home, "layers"));
    return join(
      lodge.home,
      "layers",
      layers.find((layer) => !before.includes(layer))!,
    );
  };

  it("an image whose file is missing is named, and no guest is made", async () => {
    await lodge.end("SIGTERM");
    const [image] = await lodge.withStore(allImages);
    await rename(image!.path, `${image!.path}.away`);
    await lodge.start();
    await assert.rejects(lodge.run({ name: "none" }), { code: "image.file_missing" });
    await rename(`${image!.path}.away`, image!.path);
    assert.deepEqual(await lodge.client.call("guestList"), []);
    await check();
  });

  it("a disk whose file is missing is named, and the guest stays stopped until it is back", async () => {
    const file = await resting("no-disk");
    await rename(file, `${file}.away`);
    await assert.rejects(
      start(lodge, "no-disk"),
      (error: { code: string; message: string }) =>
        error.code === "guest.disk_missing" && error.message.includes(file),
    );
    assert.equal((await lodge.guest("no-disk")).state, "stopped");
    await rename(`${file}.away`, file);
    await start(lodge, "no-disk");
    await lodge.remove("no-disk");
    await check();
  });

  it("a disk that is corrupt is said to be, and the guest stays stopped", async () => {
    const file = await resting("corrupt");
    const handle = await open(file, "r+");
    await handle.write(Buffer.alloc(4096, 0xff), 0, 4096, 0);
    await handle.close();
    await assert.rejects(
      start(lodge, "corrupt"),
      (error: { code: string; message: string }) =>
        /^guest\.(start_failed|disk_corrupt)$/.test(error.code) && /corrupt/.test(error.message),
    );
    assert.equal((await lodge.guest("corrupt")).state, "stopped");
    await lodge.remove("corrupt");
    await check();
  });

  it("a QEMU that ends at its start is quoted, and nothing of it is left", async () => {
    await lodge.run({ name: "old-machine", start: false });
    await lodge.end("SIGTERM");
    const { id } = await lodge.withStore(async (store) => {
      const item = (await store.list("guests/")).items[0]!;
      const record = item.value as GuestRecord;
      const machine = { ...record.machine, type: "pc-q35-99.0" };
      await store.transact({ put: [{ key: guestKey(record.id), value: { ...record, machine } }] });
      return record;
    });
    await lodge.start();
    await assert.rejects(
      start(lodge, id),
      (error: { code: string; message: string }) =>
        error.code === "guest.start_failed" && error.message.includes("machine type"),
    );
    assert.equal((await lodge.guest(id)).state, "stopped");
    const log = await lodge.client.call("guestLogs", { params: { guest: id }, query: { source: "qemu" } });
    assert.match(String(log), /unsupported machine type/);
    await check();
    await lodge.remove(id);
  });

  it("memory that is not there is refused before anything is made", async () => {
    await assert.rejects(lodge.run({ memory: 64 * 1024 * 1024 * MiB }), { code: "host.promised" });
    // By default four times what there is may be promised, of which a guest that boots has to have all at once.
    const memory = 2 * Math.ceil(totalmem() / MiB) * MiB;
    await assert.rejects(lodge.run({ memory }), { code: "guest.memory_unavailable" });
    assert.deepEqual(await lodge.client.call("guestList"), []);
    await check();
  });

  it("an agent that does not answer is waited for as long as asked, and the guest is kept", async () => {
    await lodge.run({ name: "mute", cold: true, wait: "none" });
    const waiting = lodge.client.exec("mute", { argv: ["true"], agentTimeout: 1 });
    await assert.rejects(waiting, { code: "agent.unreachable" });
    assert.equal((await lodge.guest("mute")).state, "running");
    await lodge.remove("mute");
  });

  it("a create that is cancelled leaves nothing, whether it boots or forks", async () => {
    for (const [cold, moments] of [
      [true, [50, 1500]],
      [false, [30, 150]],
    ] as const) {
      for (const moment of moments) {
        const body = { image: "tiny", memory: tinyMemory, cold, name: "never" };
        const { id } = await lodge.client.call("guestCreate", { body });
        await delay(moment);
        const params = { operation: id };
        await lodge.client.call("operationCancel", { params }).catch(() => undefined);
        const end = await ended(lodge, id);
        // A fork may have been faster than the cancel.
        if (end.status === "succeeded") await lodge.remove("never");
        else assert.equal(end.status, "cancelled");
        assert.deepEqual(await lodge.client.call("guestList"), []);
      }
    }
    await check();
  });

  it("a host's disk that is full is told, and the guest goes on", { timeout: 180_000 }, async () => {
    const folder = await mkdtemp("/tmp/lodge-vm-full-");
    await exec("mount", ["-t", "tmpfs", "-o", "size=40M", "tmpfs", folder]);
    try {
      await using small = await TestLodge.start(join(folder, "home"), { parked: false });
      await small.run({ name: "g", cold: true });
      await small.sh("g", "dd if=/dev/urandom of=/dev/shm/data bs=1M count=40 2>/dev/null");
      const suspend = small.done(small.client.call("guestSuspend", { params: { guest: "g" } }));
      await assert.rejects(suspend, { code: "host.no_space" });
      assert.equal((await small.guest("g")).state, "running");
      await small.sh("g", "test $(wc -c </dev/shm/data) = 41943040");
      await assertConsistent(small);
      await small.start();
      await fill(folder);
      await assert.rejects(small.run({ name: "more", cold: true }), (error: { code: string }) =>
        ["host.no_space", "guest.disk_full", "store.full"].includes(error.code),
      );
      assert.equal((await small.guest("g")).state, "running");
      await rm(join(folder, "filler"));
      await assertConsistent(small);
      await small.start();
      assert.deepEqual(
        (await small.client.call("guestList")).map(({ name }) => name),
        ["g"],
      );
      await small.run({ name: "more", cold: true, wait: "none" });
    } finally {
      await exec("umount", [folder]);
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function fill(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(join(folder, "filler"), Buffer.alloc(bavail * bsize));
}

async function ended(lodge: TestLodge, operation: string): Promise<Operation> {
  for (;;) {
    const now = await lodge.client.call("operationGet", { params: { operation } });
    if (hasEnded(now)) return now;
    await delay(20);
  }
}
