/** Can an image that somebody sends make the host open, write or give away anything but the image? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import { exec } from "#base/exec";
import { convert } from "#hypervisor/disk/convert";
import { manifest, ovf, tar, type TarMember } from "../../fakes/ova.ts";
import { attack } from "../attack.ts";
import * as hostile from "./hostile-images.ts";
import { Sender } from "./sending.ts";

describe("an image from a stranger", () => {
  let sender: Sender;
  let folder: string;
  /** A file of the host's that nobody is to get at. */
  let secret: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-hostile-"));
    secret = join(folder, "secret");
    await writeFile(secret, `canary-${randomBytes(8).toString("hex")}\n`.repeat(4096));
    sender = await Sender.start();
  });
  after(async () => {
    await sender.close();
    await rm(folder, { recursive: true });
  });

  const unsafe = (bytes: hostile.Bytes, reason: RegExp) => sender.refused(bytes, "image.unsafe", reason);

  attack("a qcow2 names a file of the host as its backing file", () =>
    unsafe(hostile.qcow2({ backing: secret }), /backing file/),
  );

  attack("a qcow2 gives its backing file in QEMU's JSON, with a driver of its own", () =>
    unsafe(
      hostile.qcow2({ backing: `json:{"driver":"raw","file":{"filename":"${secret}"}}` }),
      /backing file/,
    ),
  );

  attack("a qcow2 names a server as its backing file", () =>
    unsafe(hostile.qcow2({ backing: "nbd://127.0.0.1:10809/" }), /backing file/),
  );

  attack("a qcow2's backing file has its name where a reader that looks at the beginning finds none", () =>
    sender.refused(hostile.qcow2({ backing: secret, backingAt: 3 * 65_536 }), "image.unknown_format"),
  );

  attack("a qcow2 names a file of the host as the one that has its data", () =>
    unsafe(
      hostile.qcow2({ incompatible: 4n, extensions: [[hostile.dataFileExtension, secret]] }),
      /another file/,
    ),
  );

  attack("a qcow2 says that its data lies elsewhere, and not where", () =>
    unsafe(hostile.qcow2({ incompatible: 4n }), /another file/),
  );

  attack("a qcow2 hides the name of its data file behind a header of an odd length", () =>
    unsafe(
      hostile.qcow2({
        incompatible: 4n,
        headerLength: 2048,
        extensions: [[hostile.dataFileExtension, secret]],
      }),
      /another file/,
    ),
  );

  attack("a qcow2 is encrypted, so that QEMU would ask for a key", () =>
    unsafe(hostile.qcow2({ encryption: 2 }), /encrypted/),
  );

  attack("a qcow2 is marked corrupt, so that a repair would have to write", () =>
    unsafe(hostile.qcow2({ incompatible: 2n }), /corrupt/),
  );

  attack("a qcow2's bitmaps lie outside of it", async () => {
    const bitmaps = Buffer.alloc(24);
    bitmaps.writeUInt32BE(65_535, 0);
    bitmaps.writeBigUInt64BE(1n << 40n, 8);
    bitmaps.writeBigUInt64BE(1n << 60n, 16);
    const bytes = hostile.qcow2({ extensions: [[hostile.bitmapsExtension, bitmaps.toString("latin1")]] });
    // Autoclear feature 0: the bitmaps are to be believed.
    bytes.writeBigUInt64BE(1n, 88);
    await sender.refused(bytes, "image.unsafe");
  });

  attack("a qcow2's first table has 2^32 entries, which would be 32 GiB of memory", () =>
    sender.refused(hostile.qcow2({ l1: { entries: 0xffff_ffff, at: 3n * 65_536n } }), "image.unsafe"),
  );

  attack("a qcow2's table of reference counts has 2^32 clusters", () =>
    sender.refused(hostile.qcow2({ refcounts: { clusters: 0xffff_ffff, at: 65_536n } }), "image.unsafe"),
  );

  attack("a qcow2 says that it has 2^32 snapshots", () =>
    sender.refused(hostile.qcow2({ snapshots: 0xffff_ffff }), "image.unsafe"),
  );

  attack("a qcow2 says that its disk has 9 petabytes", () =>
    sender.refused(hostile.qcow2({ virtualSize: (1n << 53n) - 512n }), "image.too_large", /16 TiB/),
  );

  attack("a qcow2 of two megabytes is 16 GiB of compressed data, and would fill the disk", async () => {
    const small = join(folder, "small");
    await mkdir(small);
    await exec("mount", ["-t", "tmpfs", "-o", "size=256m", "none", small]);
    try {
      const bomb = join(folder, "bomb.qcow2");
      const deflated = deflateRawSync(Buffer.alloc(65_536, "0123456789abcdef"));
      await writeFile(bomb, hostile.compressedBomb(2 ** 34, deflated));
      assert.ok((await stat(bomb)).size < 3 * 2 ** 20);
      const target = join(small, "disk.raw");
      await assert.rejects(convert(bomb, "qcow2", target, "raw"), { code: "host.no_space" });
      assert.deepEqual(await readdir(small), []);
    } finally {
      await exec("umount", [small]);
    }
  });

  attack("a VMDK is a text that names a file of the host as its extent", () =>
    unsafe(hostile.vmdkText(`RW 8 FLAT "${secret}" 0`), /other files/),
  );

  attack("a VMDK is a text that names a device of the host", () =>
    unsafe(hostile.vmdkText('RW 8 FLAT "/dev/mem" 0'), /other files/),
  );

  attack("a sparse VMDK has in it a description with extents in other files", () =>
    unsafe(
      hostile.sparseVmdk(hostile.honestDescription.replace("monolithicSparse", "twoGbMaxExtentSparse")),
      /other files/,
    ),
  );

  attack("a sparse VMDK has a parent", () =>
    unsafe(hostile.sparseVmdk(`${hostile.honestDescription}parentFileNameHint="${secret}"\n`), /parent file/),
  );

  attack(
    "a sparse VMDK has an honest description where its header says, and a parent where QEMU looks",
    () => {
      const bytes = hostile.sparseVmdk(hostile.honestDescription, { at: 64 });
      bytes.write(`# Disk DescriptorFile\nparentFileNameHint="${secret}"\n`, 512);
      return unsafe(bytes, /parent file/);
    },
  );

  attack("a sparse VMDK says that it has no description, and a parent where QEMU looks", () => {
    const bytes = hostile.sparseVmdk("", { at: 0, sectors: 0 });
    bytes.write(`parentFileNameHint="${secret}"\n`, 512);
    return unsafe(bytes, /parent file/);
  });

  attack("a sparse VMDK without a size has QEMU read its description as one of many files", () =>
    unsafe(hostile.sparseVmdk(hostile.honestDescription, { capacity: 0n }), /other files/),
  );

  attack("a sparse VMDK's description lies further in than is looked at", () =>
    unsafe(hostile.sparseVmdk(hostile.honestDescription, { at: 200 }), /cannot be checked/),
  );

  attack("a VDI is the difference to a parent", () => unsafe(hostile.vdiWithParent(), /parent image/));

  attack("a VHD is the difference to a parent", () => unsafe(hostile.vhdWithParent(), /parent image/));

  attack("a VHDX is broken from its header on", () => {
    const bytes = Buffer.alloc(2 ** 20, 0xff);
    bytes.write("vhdxfile");
    return unsafe(bytes, /QEMU cannot read it/);
  });

  attack("an image has a format of QEMU's that Lodge does not name (qed)", async () => {
    const path = join(folder, "disk.qed");
    await exec("qemu-img", ["create", "-q", "-f", "qed", path, "8M"]);
    await sender.refused((await readFile(path)) as hostile.Bytes, "image.unknown_format");
  });

  attack("an image has a format of QEMU's that Lodge does not name (parallels)", async () => {
    const path = join(folder, "disk.hdd");
    await exec("qemu-img", ["create", "-q", "-f", "parallels", path, "8M"]);
    await sender.refused((await readFile(path)) as hostile.Bytes, "image.unknown_format");
  });

  attack("an image is a text that QEMU would take for a description", () =>
    sender.refused(
      Buffer.from(`json:{"driver":"raw","file":{"driver":"file","filename":"${secret}"}}`),
      "image.unknown_format",
    ),
  );

  attack("a raw disk begins as a qcow2 header with a backing file does, once it was taken in", async () => {
    // Within a qcow2: what comes out of it is a raw disk that was written by whoever sent it.
    const [inner, outer] = [join(folder, "inner"), join(folder, "outer")];
    const content = Buffer.alloc(2 ** 20);
    hostile.qcow2({ backing: secret }).copy(content);
    await writeFile(inner, content);
    await exec("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", inner, outer]);
    const image = await sender.send((await readFile(outer)) as hostile.Bytes, "nested.qcow2");
    assert.deepEqual([image.format, image.size], ["raw", content.length]);
    assert.ok((await readFile(sender.pathOf(image))).equals(content), "it is not what was sent");
    // A guest's disk over it is over a raw disk, and has nothing of what that names.
    const body = { image: image.id, name: "probe", start: false, network: [] };
    await sender.client.waitFor(await sender.client.call("guestCreate", { body }));
    const { stdout } = await exec("qemu-img", ["info", "--output=json", await overlayOf(sender)]);
    const info = JSON.parse(stdout) as { "backing-filename-format"?: string; "virtual-size": number };
    assert.deepEqual([info["backing-filename-format"], info["virtual-size"]], ["raw", content.length]);
    await sender.client.waitFor(await sender.client.call("guestDelete", { params: { guest: "probe" } }));
    await sender.client.waitFor(await sender.client.call("imageDelete", { params: { image: image.id } }));
  });

  attack("a gzip of zeros would become a thousand times as large", () =>
    sender.refused(gzipSync(Buffer.alloc(2 ** 24)), "image.packed", /compressed with gzip/),
  );

  attack("an xz would have to be unpacked", () =>
    sender.refused(Buffer.from("\xfd7zXZ\0".padEnd(4096, "\0"), "latin1"), "image.packed", /xz/),
  );

  attack("a Zstandard frame would have to be unpacked", () =>
    sender.refused(Buffer.from("\x28\xb5\x2f\xfd".padEnd(4096, "\0"), "latin1"), "image.packed", /Zstandard/),
  );

  const ova = (description: string, ...more: readonly TarMember[]) =>
    tar([{ name: "a.ovf", content: description }, ...more]);

  attack("an OVA has a member that leaves its folder", () =>
    sender.refused(ova(ovf(), { name: "../../../../tmp/disk.vmdk" }), "image.ova", /plain file/),
  );

  attack("an OVA has a member with an absolute path", () =>
    sender.refused(ova(ovf(), { name: "/etc/cron.d/evil", content: "x" }), "image.ova", /plain file/),
  );

  attack("an OVA's disk is a symbolic link to a file of the host", () =>
    sender.refused(
      ova(ovf(), { name: "disk.vmdk", kind: "2", linkTo: secret }),
      "image.ova",
      /no plain file/,
    ),
  );

  attack("an OVA's disk is a hard link to a file of the host", () =>
    sender.refused(
      ova(ovf(), { name: "disk.vmdk", kind: "1", linkTo: secret }),
      "image.ova",
      /no plain file/,
    ),
  );

  attack("an OVA has a device of the host as its disk", () =>
    sender.refused(ova(ovf(), { name: "disk.vmdk", kind: "4" }), "image.ova", /no plain file/),
  );

  attack("an OVA has a sparse member, which would be as large as it says", () =>
    sender.refused(ova(ovf(), { name: "disk.vmdk", kind: "S", size: 0 }), "image.ova", /no plain file/),
  );

  attack("an OVA has an extended header, which says another name to another reader", () =>
    sender.refused(
      ova(ovf(), { name: "x", kind: "x", content: `30 path=${secret}\n` }),
      "image.ova",
      /no plain file/,
    ),
  );

  attack("an OVA says that a member is larger than the archive", () =>
    sender.refused(ova(ovf(), { name: "disk.vmdk", size: 2 ** 32 }), "image.ova", /ends within/),
  );

  attack("an OVA's description names a file of the host as its disk", () =>
    sender.refused(ova(ovf({ href: secret }), { name: "disk.vmdk" }), "image.ova", /not in it/),
  );

  attack("an OVA's description has entities that multiply a billion times", () =>
    sender.refused(
      ova(ovf({ head: '<!DOCTYPE e [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' })),
      "image.ova",
      /document type/,
    ),
  );

  attack("an OVA's description includes a file of the host as an entity", () =>
    sender.refused(
      ova(ovf({ head: `<!DOCTYPE e [<!ENTITY f SYSTEM "file://${secret}">]>`, href: "&f;" })),
      "image.ova",
      /document type/,
    ),
  );

  attack("an OVA's description is nested so deeply that a reader's stack would end", () =>
    sender.refused(ova("<a>".repeat(100_000)), "image.ova", /too much/),
  );

  attack("an OVA's description is longer than any machine needs", () =>
    sender.refused(ova(" ".repeat(3 * 2 ** 20)), "image.ova", /longer than/),
  );

  attack("an OVA's disk was changed after its checksums were made", () =>
    sender.refused(
      ova(
        ovf(),
        { name: "a.mf", content: manifest({ "a.ovf": ovf(), "disk.vmdk": "before" }) },
        { name: "disk.vmdk", content: "after" },
      ),
      "image.ova",
      /not what its checksum/,
    ),
  );

  attack("an OVA's disk is a description that names a file of the host", () =>
    sender.refused(
      ova(ovf(), {
        name: "disk.vmdk",
        content: `# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 64 FLAT "${secret}" 0\n`,
      }),
      "image.unsafe",
      /other files/,
    ),
  );

  attack("an OVF's description has entities that multiply a billion times", () =>
    sender.refused(
      Buffer.from(
        '<?xml version="1.0"?><!DOCTYPE Envelope [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n<Envelope>&b;</Envelope>',
      ),
      "image.packed",
      /OVF/,
    ),
  );

  attack("an OVF's description includes a file of the host as an entity", () =>
    sender.refused(
      Buffer.from(`<!DOCTYPE x [<!ENTITY f SYSTEM "file://${secret}">]><ovf:Envelope>&f;</ovf:Envelope>`),
      "image.packed",
      /OVF/,
    ),
  );

  attack("a zip has members that leave their folder", () =>
    sender.refused(
      Buffer.from("PK\x03\x04../../../etc/passwd".padEnd(4096, "\0"), "latin1"),
      "image.packed",
      /zip/,
    ),
  );
});

/** The file of the one guest's disk. */
async function overlayOf({ daemon }: Sender): Promise<string> {
  const { stdout } = await exec("find", [daemon.paths.home, "-name", "*.qcow2"]);
  return stdout.trim().split("\n")[0] ?? "";
}
