import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { copyIn, type DiskTools, requireChecksum, takeIn, type Workplace } from "./take-in.ts";

type Inspected = Awaited<ReturnType<DiskTools["inspect"]>>;

let folder = "";
let place: Workplace;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-take-in-"));
  await mkdir(join(folder, "image"));
  place = { folder: join(folder, "image"), signal: new AbortController().signal, progress: () => {} };
});
afterEach(() => rm(folder, { recursive: true }));

describe("taking an image in", () => {
  const plain: Inspected = {
    format: "raw",
    virtualSize: 4,
    encrypted: false,
    corrupt: false,
    firmware: ["uefi"],
  };
  /** Disk tools to which every file but a converted one looks like `found`. */
  const tools = (found: Inspected): DiskTools => ({
    inspect: async () => found,
    rawFirmware: async () => ["uefi"],
    room: async () => 1,
    convert: (source, _format, target) => rename(source, target).then(() => writeFile(source, "")),
  });
  const take = async (disk: DiskTools) => {
    await writeFile(join(place.folder, "download"), "data");
    return takeIn(disk, join(place.folder, "download"), "https://example.org/x.img", place);
  };

  it("keeps a raw disk and an ISO as they are", async () => {
    assert.deepEqual(await take(tools(plain)), {
      path: join(place.folder, "disk.raw"),
      kind: "disk",
      format: "raw",
      size: 4,
      firmware: ["uefi"],
    });
    const iso = await take(tools({ ...plain, format: "iso" }));
    assert.deepEqual([iso.path, iso.kind, iso.format], [join(place.folder, "disc.iso"), "iso", "iso"]);
    assert.deepEqual(await readdir(place.folder), ["disc.iso", "disk.raw"]);
  });

  it("makes anything else a raw disk, and learns its firmware from that", async () => {
    const taken = await take(tools({ ...plain, format: "vmdk", firmware: [] }));
    assert.deepEqual([taken.format, taken.firmware], ["raw", ["uefi"]]);
    assert.deepEqual(await readdir(place.folder), ["disk.raw"]);
  });

  it("refuses what is unsafe, encrypted or corrupt, by the name that the user knows", async () => {
    const cases = [
      [{ unsafe: "it stands on a backing file" }, "it stands on a backing file"],
      [{ encrypted: true }, "it is encrypted"],
      [{ corrupt: true }, "it is marked as corrupt"],
    ] as const;
    for (const [facts, reason] of cases) {
      await assert.rejects(take(tools({ ...plain, format: "qcow2", ...facts })), {
        code: "image.unsafe",
        params: { path: "https://example.org/x.img", reason },
      });
    }
    const inspect = () => Promise.reject(new LodgeError("image.unknown_format", { path: "/secret/place" }));
    await assert.rejects(take({ ...tools(plain), inspect }), {
      params: { path: "https://example.org/x.img" },
    });
  });
});

describe("copying a file in", () => {
  const disk = { room: async () => 1 };

  it("keeps its holes, makes new ones of zeros, and tells its SHA-256", async () => {
    const source = join(folder, "source");
    const data = Buffer.concat([Buffer.alloc(3 * 2 ** 20), Buffer.from("end")]);
    await writeFile(source, data);
    const target = join(place.folder, "import");
    assert.equal(await copyIn(disk, source, target, place), createHash("sha256").update(data).digest("hex"));
    assert.ok(data.equals(await readFile(target)));
    assert.ok((await stat(target)).blocks * 512 < 2 ** 20);
  });

  it("ends with a hole where the file does", async () => {
    const source = join(folder, "source");
    await using file = await open(source, "w");
    await file.truncate(2 ** 21);
    await copyIn(disk, source, join(place.folder, "import"), place);
    assert.equal((await stat(join(place.folder, "import"))).size, 2 ** 21);
  });

  it("refuses what is no plain file, at once", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const [path, reason] of [
      [join(folder, "nothing"), "there is no such file"],
      [folder, "it is not a plain file"],
      [pipe, "it is not a plain file"],
      ["/dev/zero", "it is not a plain file"],
    ]) {
      const copied = copyIn(disk, path ?? "", join(place.folder, "import"), place);
      await assert.rejects(copied, { code: "image.unreadable", params: { path, reason } });
    }
    assert.deepEqual(await readdir(place.folder), []);
  });

  it("ends when it is aborted", async () => {
    await writeFile(join(folder, "source"), "x");
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(
      copyIn(disk, join(folder, "source"), join(place.folder, "import"), { ...place, signal }),
      /enough/,
    );
  });
});

describe("a checksum", () => {
  it("is compared without regard to capitals, and named where it is another", () => {
    requireChecksum("x", "ab", undefined);
    requireChecksum("x", "ab", "AB");
    assert.throws(() => requireChecksum("x", "ab", "cd"), {
      code: "image.checksum",
      message: "x has SHA-256 ab, not cd.",
    });
  });
});
