/** Does a guest start from an image that was sent here? By a BIOS and a boot sector that says one letter. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { exec } from "#base/exec";
import { halt, say16 } from "../bootable.ts";
import { MiB, TestLodge } from "../daemon.ts";

let lodge: TestLodge;
let folder = "";
before(async () => {
  folder = await mkdtemp("/tmp/lodge-vm-scratch-");
  lodge = await TestLodge.start(undefined, { parked: false });
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await lodge?.[Symbol.asyncDispose]();
});

/** A disk in qcow2 with a partition table, whose boot sector says "U". */
async function bootableDisk(): Promise<Buffer<ArrayBuffer>> {
  const disk = Buffer.alloc(MiB);
  Buffer.from([...say16("U"), ...halt]).copy(disk);
  disk.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0, 0, 0], 446);
  disk.writeUInt16LE(0xaa55, 510);
  const [raw, packed] = [join(folder, "disk.raw"), join(folder, "disk.qcow2")];
  await writeFile(raw, disk);
  await exec("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, packed]);
  return Buffer.from(await readFile(packed));
}

it("a guest starts from a qcow2 that was sent", { timeout: 300_000 }, async () => {
  const bytes = await bootableDisk();
  const upload = await lodge.client.upload({
    name: "Sent.qcow2",
    size: bytes.length,
    modified: 1,
    read: async (from, to) => bytes.subarray(from, to),
  });
  await lodge.done(lodge.client.call("uploadImport", { params: { upload: upload.id }, body: {} }));
  const image = await lodge.client.call("imageGet", { params: { image: "sent" } });
  assert.deepEqual([image.size, image.format, image.firmware], [MiB, "raw", ["bios"]]);
  const body = { name: "of-sent", image: "sent", memory: 32 * MiB, network: [] };
  await lodge.done(lodge.client.call("guestCreate", { body }));
  const ended = new AbortController();
  const serial = await lodge.client.console("of-sent", {}, { signal: ended.signal });
  let said = "";
  for await (const some of serial as AsyncIterable<Buffer>) {
    said += some.toString();
    if (said.includes("U")) break;
  }
  ended.abort();
  assert.match(said, /U/);
  await lodge.remove("of-sent");
});
