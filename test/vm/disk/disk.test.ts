/** Do disk files survive what users and strangers call and put into them? With the real qemu-img. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { exec } from "#base/exec";
import { checkDisk } from "#hypervisor/disk/check";
import { convert } from "#hypervisor/disk/convert";
import { createBlank, createOverlay, resizeDisk } from "#hypervisor/disk/create";
import { inspect } from "#hypervisor/disk/inspect";
import { cloneFile, freeSpace, reflinkSupported } from "#hypervisor/disk/space";

const mib = 2 ** 20;
let folder = "";
let home = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-disk-"));
  home = process.cwd();
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

/** A bootable-looking raw disk: 8 MiB with a partition table and some data. */
async function rawDisk(path: string): Promise<void> {
  const bytes = Buffer.alloc(8 * mib);
  bytes.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0], 446);
  bytes.writeUInt16LE(0xaa55, 510);
  bytes.fill("data", 2 * mib, 3 * mib);
  await writeFile(path, bytes);
}

describe("a disk's name", () => {
  for (const name of [
    "a,b=c",
    "-f",
    "--help",
    "nbd:x:1",
    "json:{}",
    "file:x",
    "a b",
    "ü%s",
    "x?y#z",
    "rbd:pool/x",
  ]) {
    it(`may be '${name}': it is a name and nothing else`, async () => {
      await mkdir("rbd:pool", { recursive: true });
      const overlay = `${name}.over`;
      await createBlank(name, { format: "raw", size: 8 * mib });
      await rawDisk(name);
      await createOverlay(overlay, { backing: name, backingFormat: "raw" });
      await resizeDisk(overlay, "qcow2", 16 * mib, { below: [name] });
      const info = await inspect(overlay);
      assert.deepEqual(
        [info.format, info.virtualSize, info.backing],
        ["qcow2", 16 * mib, join(folder, name)],
      );
      assert.equal(info.backingFormat, "raw");
      assert.equal(await checkDisk(overlay, "g", [name]), "clean");
      await convert(overlay, "qcow2", `${name}.raw`, "raw", { below: [name] });
      assert.equal((await inspect(`${name}.raw`)).virtualSize, 16 * mib);
    });
  }
});

describe("a disk of every format", () => {
  for (const [format, as] of [
    ["qcow2", "qcow2"],
    ["vmdk", "vmdk"],
    ["vpc", "vhd"],
    ["vhdx", "vhdx"],
    ["vdi", "vdi"],
  ] as const) {
    it(`is known by its content: ${as}, and converted whole`, async () => {
      await rawDisk("source.raw");
      await exec("qemu-img", ["convert", "-f", "raw", "-O", format, "source.raw", "disk.txt"]);
      const info = await inspect("disk.txt");
      assert.equal(info.format, as);
      assert.ok(info.virtualSize >= 8 * mib && info.virtualSize < 9 * mib);
      assert.equal(info.unsafe, undefined);
      const seen: number[] = [];
      await convert("disk.txt", as, "out.raw", "raw", { onProgress: (fraction) => seen.push(fraction) });
      await exec("cmp", ["-n", String(8 * mib), "source.raw", "out.raw"]);
      assert.equal(seen.at(-1), 1);
      assert.ok((await stat("out.raw")).blocks * 512 <= 2 * mib);
    });
  }

  it("that names another file is unsafe, and the other file is not opened", async () => {
    await rawDisk("base.raw");
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", "-o", "data_file=data.raw", "split.qcow2", "8M"]);
    assert.match((await inspect("split.qcow2")).unsafe ?? "", /another file/);
    await exec("qemu-img", [
      "convert",
      "-O",
      "vmdk",
      "-o",
      "subformat=monolithicFlat",
      "base.raw",
      "flat.vmdk",
    ]);
    assert.match((await inspect("flat.vmdk")).unsafe ?? "", /other files/);
    await createOverlay("over.qcow2", { backing: "base.raw", backingFormat: "raw" });
    await rm("base.raw");
    assert.match((await inspect("over.qcow2")).unsafe ?? "", /backing file/);
  });

  it("that is none, or not there, is said so", async () => {
    await writeFile("text", "hello");
    await assert.rejects(inspect("text"), { code: "image.unknown_format" });
    await assert.rejects(inspect("nothing"), { code: "image.unreadable" });
    await assert.rejects(inspect("."), { code: "image.unreadable" });
  });
});

describe("a conversion", () => {
  it("that is aborted leaves no file", async () => {
    await using file = await open("big.raw", "w");
    for (let at = 0; at < 512; at += 8) await file.write(Buffer.alloc(8 * mib, at + 1), 0, 8 * mib, at * mib);
    const abort = new AbortController();
    const reason = new RangeError("enough");
    const onProgress = () => abort.abort(reason);
    await assert.rejects(
      convert("big.raw", "raw", "out.raw", "raw", { signal: abort.signal, onProgress }),
      reason,
    );
    assert.deepEqual(await readdir("."), ["big.raw"]);
  });

  it("into a file system that is full says so and leaves no file", async () => {
    await mkdir("small");
    await exec("mount", ["-t", "tmpfs", "-o", "size=1M", "tmpfs", "small"]);
    try {
      await writeFile("big.raw", Buffer.alloc(2 * mib, 1));
      const path = join(folder, "small/out.raw");
      await assert.rejects(convert("big.raw", "raw", "small/out.raw", "raw"), {
        code: "host.no_space",
        params: { path },
      });
      assert.deepEqual(await readdir("small"), []);
    } finally {
      await exec("umount", ["small"]);
    }
  });

  it("that fails says why and leaves no file", async () => {
    await writeFile("text", "hello");
    await assert.rejects(convert("text", "qcow2", "out.raw", "raw"), { code: "host.command_failed" });
    assert.deepEqual(await readdir("."), ["text"]);
  });
});

describe("a check", () => {
  const damage = async (change: (bytes: Buffer, refcounts: number) => void) => {
    await createBlank("disk", { format: "qcow2", size: 64 * mib });
    await exec("qemu-io", ["-f", "qcow2", "-c", "write 0 1M", "disk"]);
    await using file = await open("disk", "r+");
    await file.truncate(30 * 65536);
    const bytes = Buffer.alloc(1024 * 1024);
    await file.read(bytes, 0, bytes.length, 0);
    const table = Number(bytes.readBigUInt64BE(48));
    const refcounts = Number(bytes.readBigUInt64BE(table));
    change(bytes, refcounts);
    await file.write(bytes.subarray(refcounts, refcounts + 4096), 0, 4096, refcounts);
  };

  it("tells a damaged disk from one that only lost space", async () => {
    await damage((bytes, refcounts) => bytes.writeUInt16BE(0, refcounts + 2 * 5));
    await assert.rejects(checkDisk("disk", "web"), {
      code: "guest.disk_corrupt",
      params: { path: "disk", guest: "web", reason: "some of its clusters are damaged" },
    });
    await damage((bytes, refcounts) => bytes.writeUInt16BE(1, refcounts + 2 * 25));
    assert.equal(await checkDisk("disk", "web"), "leaks");
  });

  it("tells a missing disk, and one that is no qcow2", async () => {
    await assert.rejects(checkDisk("nothing", "web"), { code: "guest.disk_missing" });
    await writeFile("text", "hello");
    await assert.rejects(checkDisk("text", "web"), { code: "guest.disk_corrupt" });
  });
});

describe("a copy", () => {
  it("keeps the holes, and shares the blocks exactly where the file system can", async () => {
    await using file = await open("a", "w");
    await file.write(Buffer.alloc(mib, 7), 0, mib, 32 * mib);
    await file.truncate(64 * mib);
    const how = await cloneFile("a", "b");
    assert.equal(how, (await reflinkSupported(".")) ? "shared" : "copied");
    await exec("cmp", ["a", "b"]);
    assert.ok((await stat("b")).blocks * 512 <= 2 * mib);
    assert.ok((await freeSpace(".")) > 0);
    assert.deepEqual(await readdir("."), ["a", "b"]);
  });

  it("never replaces a file, and fails where there is nothing to copy", async () => {
    await writeFile("a", "a");
    await writeFile("b", "b");
    await assert.rejects(cloneFile("a", "b"), { code: "EEXIST" });
    assert.equal((await stat("b")).size, 1);
    await assert.rejects(cloneFile("nothing", "c"), { code: "ENOENT" });
    await symlink("a", "link");
    await assert.rejects(cloneFile("a", "link"), { code: "EEXIST" });
  });
});
