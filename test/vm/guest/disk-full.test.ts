/** Does a guest lose nothing when the host has no room for what it writes, and does somebody get to know? */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, rmdir, statfs, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { roomToGoOn } from "#domain/guest/disk-fault";
import { assertConsistent } from "./consistent.ts";
import { MiB, TestLodge } from "../daemon.ts";

const megabytes = 40;

describe("a guest that writes more than the host has room for", () => {
  let folder: string;
  let lodge: TestLodge;
  let sum: string;

  before(async () => {
    folder = await mkdtemp("/tmp/lodge-vm-full-");
    await writeFile(join(folder, "disk"), "");
    await exec("truncate", ["-s", "96M", join(folder, "disk")]);
    await exec("mke2fs", ["-q", "-t", "ext4", "-m", "0", "-F", join(folder, "disk")]);
    for (const name of ["home", "small"]) await mkdir(join(folder, name));
    await exec("mount", ["-o", "loop", join(folder, "disk"), join(folder, "small")]);
    await rmdir(join(folder, "small/lost+found"));
    // The disks alone: the state has room to say what has become of them.
    await symlink(join(folder, "small"), join(folder, "home/layers"));
    lodge = await TestLodge.start(join(folder, "home"), { parked: false });
    await lodge.run({ name: "g", cold: true });
    await lodge.sh("g", `dd if=/dev/urandom of=/dev/shm/data bs=1M count=${megabytes} 2>/dev/null`);
    sum = await lodge.sh("g", "md5sum </dev/shm/data");
  });
  after(async () => {
    try {
      await lodge?.[Symbol.asyncDispose]();
    } finally {
      await exec("umount", [join(folder, "small")]);
      await rm(folder, { recursive: true, force: true });
    }
  });

  const filler = () => join(folder, "small/filler");
  /** Takes all room but for so many bytes. */
  const fill = async (left: number) => {
    await rm(filler(), { force: true });
    const { bavail, bsize } = await statfs(join(folder, "small"));
    await exec("fallocate", ["--length", String(bavail * bsize - left), filler()]);
  };
  const halts = async () => {
    for (;;) {
      const guest = await lodge.guest("g");
      if (guest.state === "paused") return guest;
      await delay(50);
    }
  };
  const resume = () => lodge.done(lodge.client.call("guestResume", { params: { guest: "g" } }));
  const told = async () => (await lodge.events()).filter((event) => event === "guest.no_space g").length;

  it("stands still and says why", async () => {
    await fill(8 * MiB);
    await lodge.sh(
      "g",
      "(dd if=/dev/shm/data of=/dev/vda bs=1M conv=fsync; echo $? >/dev/shm/written) >/dev/null 2>&1 &",
    );
    const guest = await halts();
    assert.match(guest.stateReason ?? "", /no space is left on the disk that holds .*\/layers\//);
    assert.deepEqual(
      guest.ails?.map(({ code }) => code),
      ["guest.no_space"],
    );
    assert.match(guest.ails![0]!.hint, /lodge resume g/);
    while ((await told()) < 1) await delay(20);
  });

  it("is known to by the next daemon, which tells nobody twice", async () => {
    await lodge.restart();
    assert.equal((await lodge.guest("g")).ails?.[0]?.code, "guest.no_space");
    const { state, stateReason } = await lodge.guest("g");
    assert.equal(state, "paused");
    assert.match(stateReason ?? "", /no space is left/);
    assert.equal(await told(), 1);
  });

  it("is not let go on while there is no room, which names the fix", async () => {
    await assert.rejects(resume(), (error: { code: string; hint: string }) => {
      assert.equal(error.code, "guest.no_space");
      return /Free some space/.test(error.hint);
    });
    const guest = await lodge.guest("g");
    assert.deepEqual([guest.state, guest.ails?.length], ["paused", 1]);
    assert.match(guest.stateReason ?? "", /no space is left/);
  });

  it("is not waited for where it is to shut down", async () => {
    const stop = lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: {} }));
    await assert.rejects(stop, { code: "guest.no_space" });
    assert.equal((await lodge.guest("g")).state, "paused");
  });

  it("stands still again where the room does not do, and says so again", async () => {
    await fill(roomToGoOn + MiB);
    await resume().catch(() => undefined);
    while ((await told()) < 2) await delay(50);
    assert.equal((await halts()).ails?.length, 1);
  });

  it("goes on when there is room, and has lost nothing", async () => {
    await rm(filler());
    await resume();
    const guest = await lodge.guest("g");
    assert.deepEqual([guest.state, guest.stateReason, guest.ails], ["running", undefined, undefined]);
    assert.equal(
      await lodge.sh("g", "while [ ! -s /dev/shm/written ]; do sleep 0.1; done; cat /dev/shm/written"),
      "0",
    );
    const command = `sync; echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=1M count=${megabytes} 2>/dev/null | md5sum`;
    assert.equal(await lodge.sh("g", command), sum);
    await assertConsistent(lodge);
  });
});

describe("a host's only disk that is full", () => {
  it("halts the guest that writes to it, and what there is no room to note is shown all the same", async () => {
    const folder = await mkdtemp("/tmp/lodge-vm-full-");
    await exec("mount", ["-t", "tmpfs", "-o", "size=64M", "tmpfs", folder]);
    try {
      await using lodge = await TestLodge.start(join(folder, "home"), { parked: false });
      await lodge.run({ name: "g", cold: true });
      await lodge.sh("g", `dd if=/dev/urandom of=/dev/shm/data bs=1M count=${megabytes} 2>/dev/null`);
      const filler = join(folder, "filler");
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler, Buffer.alloc(bavail * bsize - 4 * MiB));
      const written = lodge.sh(
        "g",
        "dd if=/dev/shm/data of=/dev/vda bs=1M conv=fsync 2>/dev/null; echo written",
      );
      while ((await lodge.guest("g")).state !== "paused") await delay(50);
      assert.equal((await lodge.guest("g")).ails?.[0]?.code, "guest.no_space");
      const resume = () => lodge.done(lodge.client.call("guestResume", { params: { guest: "g" } }));
      await assert.rejects(resume(), (error: { code: string }) =>
        ["guest.no_space", "host.no_space"].includes(error.code),
      );
      await rm(filler);
      await resume();
      assert.equal(await written, "written");
      assert.equal((await lodge.guest("g")).state, "running");
    } finally {
      await exec("umount", [folder]);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
