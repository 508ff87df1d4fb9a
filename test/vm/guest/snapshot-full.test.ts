/** Does a guest go on, and is nothing left of the snapshot, where the host has no room for it? */
import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, readdir, rm, rmdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { TestLodge } from "../daemon.ts";
import { assertConsistent } from "./consistent.ts";
import { names, take } from "./snapshot-world.ts";

describe("a snapshot for which the host has no room", () => {
  let folder: string;
  let lodge: TestLodge;

  before(async () => {
    folder = await mkdtemp("/tmp/lodge-vm-full-");
    await writeFile(join(folder, "disk"), "");
    await exec("truncate", ["-s", "96M", join(folder, "disk")]);
    await exec("mke2fs", ["-q", "-t", "ext4", "-m", "0", "-F", join(folder, "disk")]);
    for (const name of ["home", "small"]) await mkdir(join(folder, name));
    await exec("mount", ["-o", "loop", join(folder, "disk"), join(folder, "small")]);
    await rmdir(join(folder, "small/lost+found"));
    for (const name of ["layers", "guests"]) {
      await mkdir(join(folder, "small", name));
      await symlink(join(folder, "small", name), join(folder, "home", name));
    }
    lodge = await TestLodge.start(join(folder, "home"), { parked: false });
    await lodge.run({ name: "g", cold: true });
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
  /** Takes all room, to the last block. */
  const fill = async () => {
    for (const block of [1 << 20, 4096]) {
      const bytes = Buffer.alloc(block, 1);
      const full = async () => {
        for (;;) await appendFile(filler(), bytes);
      };
      await assert.rejects(full, { code: "ENOSPC" });
    }
  };

  it("of disks is none, and the guest goes on", async () => {
    await fill();
    try {
      await assert.rejects(take(lodge, "g"), { code: "host.no_space" });
    } finally {
      await rm(filler());
    }
    assert.equal((await lodge.guest("g")).state, "running");
    assert.equal(await lodge.sh("g", "echo x >/dev/vda && sync && echo on"), "on");
    assert.deepEqual(await names(lodge, "g"), []);
  });

  it("with memory is none, says that there is no room, and the guest goes on", async () => {
    await lodge.sh("g", "dd if=/dev/urandom of=/dev/shm/much bs=1M count=30 2>/dev/null");
    await assert.rejects(take(lodge, "g", { memory: true }), { code: "host.no_space" });
    assert.equal((await lodge.guest("g")).state, "running");
    assert.equal(await lodge.sh("g", "echo y >/dev/vda && sync && echo on"), "on");
    assert.deepEqual(await names(lodge, "g"), []);
    assert.deepEqual(
      (await readdir(join(folder, "small/guests"), { recursive: true })).filter((file) =>
        /snapshots/.test(file),
      ),
      [],
    );
  });

  it("leaves nothing behind", async () => {
    await lodge.sh("g", "rm /dev/shm/much");
    await take(lodge, "g", { name: "fits" });
    await assertConsistent(lodge);
    await lodge.start();
  });
});
