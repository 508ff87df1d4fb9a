import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { exec } from "#base/exec";
import { extractKernel, newestKernel } from "./kernel.ts";

describe("a disk's kernel", () => {
  it("is the newest of those in /boot", () => {
    const line = (name: string) => `/324/100644/0/0/${name}/1732/`;
    const listing = [
      line("config-6.12"),
      line("vmlinuz-6.1.0-9"),
      line("vmlinuz-6.1.0-10"),
      line("vmlinuz-6 evil"),
      "",
    ];
    assert.equal(newestKernel(listing.join("\n")), "vmlinuz-6.1.0-10");
    assert.equal(newestKernel("/16/040755/0/0/efi//\n"), undefined);
  });

  it("is taken out of an ext4 at an offset; where there is none, nothing is left", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kernel-"));
    const disk = join(folder, "disk.raw");
    const target = join(folder, "vmlinuz");
    const offset = 2 ** 20;
    const format = async () => {
      await rm(disk, { force: true });
      const args = [
        "-q",
        "-F",
        "-t",
        "ext4",
        "-E",
        `offset=${offset}`,
        "-d",
        join(folder, "tree"),
        disk,
        "4096k",
      ];
      await exec("mke2fs", args);
    };
    try {
      await mkdir(join(folder, "tree", "boot"), { recursive: true });
      await format();
      assert.equal(await extractKernel(disk, offset, target), false);
      assert.equal(await extractKernel(join(folder, "none"), offset, target), false);
      await writeFile(join(folder, "tree", "boot", "vmlinuz-6.12"), "a kernel");
      await format();
      assert.equal(await extractKernel(disk, offset, target), true);
      assert.equal(await readFile(target, "utf8"), "a kernel");
      assert.deepEqual((await readdir(folder)).toSorted(), ["disk.raw", "tree", "vmlinuz"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
