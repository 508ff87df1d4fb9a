import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { manifest, ovf, tar, type TarMember } from "../../../test/fakes/ova.ts";
import { diskOfOva } from "./ova.ts";

describe("an OVA", () => {
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-ova-"))));
  afterEach(() => rm(folder, { recursive: true }));

  const target = () => join(folder, "disk");
  async function take(archive: Buffer | readonly TarMember[]) {
    const file = join(folder, "a.ova");
    await writeFile(file, Buffer.isBuffer(archive) ? archive : tar(archive as readonly TarMember[]));
    const place = { signal: new AbortController().signal, progress() {}, async requireRoom() {} };
    return diskOfOva(file, "a.ova", target(), place);
  }
  const refused = (archive: Buffer | readonly TarMember[], reason: RegExp, code = "image.ova") =>
    assert.rejects(
      take(archive),
      (error) => error instanceof LodgeError && error.code === code && reason.test(error.message),
    );

  const description = { name: "a.ovf", content: ovf() };
  const disk = { name: "disk.vmdk", content: "the disk's bytes".repeat(100) };
  const sums = manifest({ "a.ovf": description.content, "disk.vmdk": disk.content });

  it("gives its disk, with and without checksums", async () => {
    for (const more of [[], [{ name: "a.mf", content: sums }]]) {
      assert.deepEqual(await take([description, ...more, disk]), { disk: "disk.vmdk" });
      assert.equal(await readFile(target(), "utf8"), disk.content);
    }
    assert.deepEqual(await take([{ ...description, name: "./a.ovf" }, disk]), { disk: "disk.vmdk" });
  });

  it("is none where it is something else, or no description comes first", async () => {
    assert.equal(await take(Buffer.from("QFI\xfb")), undefined);
    assert.equal(await take([disk, description]), undefined);
  });

  it("is refused where a checksum is wrong, missing or unreadable", async () => {
    await refused(
      [description, { name: "a.mf", content: sums }, { ...disk, content: "other" }],
      /disk\.vmdk in it is not what/,
    );
    const other = { ...description, content: `${ovf()}\n` };
    await refused([other, { name: "a.mf", content: sums }, disk], /a\.ovf in it is not what/);
    const partly = manifest({ "a.ovf": description.content });
    await refused([description, { name: "a.mf", content: partly }, disk], /none of disk\.vmdk/);
    await refused([description, { name: "a.mf", content: "what?" }, disk], /cannot be read/);
  });

  it("is refused where anything in it is no plain file with a plain name", async () => {
    for (const name of ["../disk.vmdk", "/etc/passwd", "a/b", "..", "a\nb", "a\\b"])
      await refused([description, { ...disk, name }], /plain file/);
    for (const kind of ["1", "2", "3", "5", "6", "x", "g", "L", "S"])
      await refused([description, { ...disk, kind, linkTo: "/etc/passwd" }], /no plain file/);
  });

  it("is refused where it is damaged or says more than it has", async () => {
    await refused([description, { ...disk, size: 2 ** 30 }], /ends within/);
    const broken = tar([description, disk]);
    // The second header, which begins behind the description.
    broken[512 + Math.ceil(description.content.length / 512) * 512] = 0x7f;
    await refused(broken, /damaged/);
    await refused([description, disk, disk], /twice/);
    await refused([description, ...Array.from({ length: 80 }, (_, at) => ({ name: `f${at}` }))], /too many/);
    await refused([{ ...description, content: ovf() + " ".repeat(2 ** 20) }, disk], /longer than/);
    await refused([{ ...description, content: Buffer.from([0x3c, 0xff, 0xfe]) }, disk], /UTF-8/);
  });

  it("is refused where its disk is elsewhere", async () => {
    for (const href of ["/etc/passwd", "../x", "file:///etc/passwd", "http://127.0.0.1/x", "other.vmdk"])
      await refused([{ ...description, content: ovf({ href }) }, disk], /is not in it/);
  });
});
