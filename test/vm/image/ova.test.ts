/** Does a guest start from what another hypervisor exported? By a BIOS and a boot sector that says one letter. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { exec } from "#base/exec";
import { item, manifest, ovf, tar } from "../../fakes/ova.ts";
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

/** An OVA whose disk is a stream-optimised VMDK with a boot sector that says "V". */
async function appliance(): Promise<string> {
  const disk = Buffer.alloc(MiB);
  Buffer.from([...say16("V"), ...halt]).copy(disk);
  disk.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0, 0, 0], 446);
  disk.writeUInt16LE(0xaa55, 510);
  const [raw, vmdk] = [join(folder, "disk.raw"), join(folder, "disk.vmdk")];
  await writeFile(raw, disk);
  const format = ["-O", "vmdk", "-o", "subformat=streamOptimized"];
  await exec("qemu-img", ["convert", "-f", "raw", ...format, raw, vmdk]);
  const description = ovf({ hardware: item(3, 2) + item(4, 48, "byte * 2^20") });
  const content = await readFile(vmdk);
  const sums = manifest({ "a.ovf": description, "disk.vmdk": content });
  const path = join(folder, "appliance.ova");
  const members = [
    { name: "a.ovf", content: description },
    { name: "a.mf", content: sums },
    { name: "disk.vmdk", content },
  ];
  await writeFile(path, tar(members));
  return path;
}

it(
  "a guest starts from an OVA, with the processors and memory that it tells of",
  { timeout: 300_000 },
  async () => {
    const body = { path: await appliance(), name: "appliance" };
    await lodge.done(lodge.client.call("imageImport", { body }));
    const image = await lodge.client.call("imageGet", { params: { image: "appliance" } });
    assert.deepEqual([image.size, image.format, image.firmware], [MiB, "raw", ["bios"]]);
    const create = { name: "of-ova", image: "appliance", network: [] };
    await lodge.done(lodge.client.call("guestCreate", { body: create }));
    const guest = await lodge.guest("of-ova");
    assert.deepEqual([guest.cpus, guest.memory], [2, 48 * MiB]);
    const ended = new AbortController();
    const serial = await lodge.client.console("of-ova", {}, { signal: ended.signal });
    let said = "";
    for await (const some of serial as AsyncIterable<Buffer>) {
      said += some.toString();
      if (said.includes("V")) break;
    }
    ended.abort();
    assert.match(said, /V/);
    await lodge.remove("of-ova");
  },
);
