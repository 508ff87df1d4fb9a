import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { exec } from "#base/exec";
import { takeIn } from "./take-in.ts";
import type { Workplace } from "./tools.ts";

const mebibyte = 2 ** 20;

/** A disk of 4 MiB with an MBR that has boot code and one Linux partition, and a word in its middle. */
async function makeDisk(path: string): Promise<void> {
  const mbr = Buffer.alloc(512);
  mbr[0] = 0xeb;
  mbr[446] = 0x80;
  mbr[450] = 0x83;
  mbr.writeUInt32LE(2048, 454);
  mbr.writeUInt32LE(4096, 458);
  mbr.writeUInt16LE(0xaa55, 510);
  await using file = await open(path, "w");
  await file.truncate(4 * mebibyte);
  await file.write(mbr, 0, 512, 0);
  await file.write("the middle", 2 * mebibyte);
}

describe("taking an image in", () => {
  let base = "";
  let folder = "";
  let progress: string[] = [];
  before(async () => {
    base = await mkdtemp(join(tmpdir(), "take-in-"));
    await makeDisk(join(base, "disk.raw"));
  });
  after(() => rm(base, { recursive: true }));
  beforeEach(async () => {
    folder = join(base, "place");
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    progress = [];
  });

  const place = (signal: AbortSignal = new AbortController().signal): Workplace => {
    return { folder, signal, progress: (_, message) => void progress.push(message) };
  };
  const make = async (format: string, ...options: string[]): Promise<string> => {
    const path = join(base, `x.${format}`);
    await exec("qemu-img", ["convert", "-f", "raw", "-O", format, ...options, join(base, "disk.raw"), path]);
    return path;
  };

  for (const format of ["raw", "qcow2", "vmdk", "vpc", "vhdx", "vdi"])
    it(`makes a raw disk of ${format}, with the same content and the firmware it boots with`, async () => {
      const path = await make(format);
      const made = await takeIn({ path }, place());
      assert.equal(made.path, join(folder, "disk.raw"));
      assert.deepEqual(made.firmware, ["bios"]);
      assert.ok(made.size >= 4 * mebibyte);
      const [expected, actual] = await Promise.all([readFile(join(base, "disk.raw")), readFile(made.path)]);
      assert.ok(actual.subarray(0, expected.length).equals(expected));
      assert.ok(actual.subarray(expected.length).every((byte) => byte === 0));
      assert.deepEqual(await readdir(folder), ["disk.raw"]);
      assert.ok((await stat(made.path)).blocks * 512 < 2 * mebibyte, "it keeps its holes");
      assert.ok((await stat(path)).size > 0, "the file it was made of stays");
    });

  it("is led by the content and not by the name", async () => {
    const path = join(base, "lying.iso");
    await copyFile(await make("qcow2"), path);
    assert.equal((await takeIn({ path }, place())).description, "lying.iso, qcow2");
  });

  it("keeps an ISO as it is", async () => {
    const path = join(base, "cd");
    const content = Buffer.alloc(64 * 1024);
    content.write("CD001", 32769, "latin1");
    await writeFile(path, content);
    const made = await takeIn({ path }, place());
    assert.deepEqual(
      [made.kind, made.format, made.size, made.cloudInit],
      ["iso", "iso", content.length, false],
    );
  });

  it("uses a file of our own up", async () => {
    const path = join(base, "own");
    await makeDisk(path);
    await takeIn({ path, owned: true }, place());
    await assert.rejects(stat(path), { code: "ENOENT" });
  });

  it("checks the SHA-256 of the file as it came", async () => {
    const path = await make("qcow2");
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    assert.equal((await takeIn({ path, sha256 }, place())).sha256, sha256);
    assert.ok(progress.includes("Checking its SHA-256"));
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await assert.rejects(takeIn({ path, sha256: "0".repeat(64) }, place()), { code: "image.checksum" });
  });

  it("refuses what is no image, what is not there, and what needs other files", async () => {
    const text = join(base, "text");
    await writeFile(text, "some words".repeat(1000));
    await assert.rejects(takeIn({ path: text }, place()), { code: "image.unknown_format" });
    await assert.rejects(takeIn({ path: join(base, "none") }, place()), { code: "image.unreadable" });
    await assert.rejects(takeIn({ path: "/dev/zero" }, place()), { code: "image.unreadable" });
    const overlay = join(base, "overlay");
    await exec("qemu-img", [
      "create",
      "-q",
      "-f",
      "qcow2",
      "-b",
      join(base, "disk.raw"),
      "-F",
      "raw",
      overlay,
    ]);
    await assert.rejects(takeIn({ path: overlay, shownAs: "https://example.com/o" }, place()), {
      code: "image.unsafe",
      message: "https://example.com/o is refused: it stands on a backing file.",
    });
  });

  it("ends when it is aborted", async () => {
    const reason = new Error("enough");
    await assert.rejects(takeIn({ path: await make("vdi") }, place(AbortSignal.abort(reason))), reason);
  });
});
