/**
 * Does a guest start from what its owner says, and after an installation from what was installed? By a BIOS
 * and two programs of some bytes: the "installer" on an ISO writes the first sector of the disk and reboots;
 * what it wrote says that it runs. Each says so with one letter on the serial port.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Schemas } from "#contract/schemas";
import { bootableIso, halt, reset, say16 } from "../bootable.ts";
import { MiB, TestLodge } from "../daemon.ts";

/** xor ax, ax; mov es, ax; mov bx, 0x7e00; mov ax, 0x301; mov cx, 1; mov dx, 0x80; int 0x13 */
const writeFirstSector = [
  ...[0x31, 0xc0, 0x8e, 0xc0, 0xbb, 0x00, 0x7e, 0xb8, 0x01, 0x03],
  ...[0xb9, 0x01, 0x00, 0xba, 0x80, 0x00, 0xcd, 0x13],
];

function installed(): Buffer {
  const code = Buffer.alloc(512);
  Buffer.from([...say16("d"), ...halt]).copy(code);
  code.writeUInt16LE(0xaa55, 510);
  return code;
}

/** Loaded to 0x7c00 with the sector that it installs behind it. */
function installer(): Buffer {
  const code = Buffer.alloc(512);
  Buffer.from([...say16("c"), ...writeFirstSector, ...reset]).copy(code);
  return code;
}

describe("a guest that is installed from an ISO", () => {
  let lodge: TestLodge;
  let folder = "";
  let iso = "";
  before(async () => {
    folder = await mkdtemp("/tmp/lodge-vm-scratch-");
    iso = join(folder, "installer.iso");
    await writeFile(iso, bootableIso(Buffer.concat([installer(), installed()]), "bios"));
    lodge = await TestLodge.start(undefined, { parked: false });
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await lodge?.[Symbol.asyncDispose]();
  });

  const install = async (name: string, body: Partial<Schemas["GuestCreate"]>) => {
    const disk = { size: 16 * MiB, ...body.disks?.[0] };
    const asked = { name, iso, memory: 32 * MiB, network: [], ...body, disks: [disk] };
    await lodge.done(lodge.client.call("guestCreate", { body: asked }));
  };
  /** Waits until the letters that were said end in these. */
  const says = async (guest: string, letters: RegExp) => {
    for (let tries = 0; ; tries++) {
      const log = await lodge.client.call("guestLogs", { params: { guest }, query: { tail: 100_000 } });
      const said = String(log).replaceAll(/[^cd]/g, "");
      if (letters.test(said)) return said;
      assert.ok(tries < 1000, `it said '${said}'`);
      await delay(100);
    }
  };
  const boot = (guest: string, order: "disk" | "cdrom") =>
    lodge.client.call("guestUpdate", { params: { guest }, body: { boot: order } });
  const again = async (guest: string) => {
    await lodge.done(lodge.client.call("guestStop", { params: { guest }, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest } }));
  };

  it("starts the installer first, again and again until the ISO is taken out", async () => {
    await install("ejected", {});
    assert.equal((await lodge.guest("ejected")).boot, "cdrom");
    await says("ejected", /^cc/);
    await lodge.client.call("guestDrive", { params: { guest: "ejected" }, body: { image: null } });
    await says("ejected", /^c+d$/);
    await again("ejected");
    await says("ejected", /^c+dd$/);
    await lodge.remove("ejected");
  });

  it("starts what was installed at its own next reboot, once it is told to", async () => {
    await install("told", {});
    await says("told", /^cc/);
    assert.equal((await boot("told", "disk")).boot, "disk");
    await says("told", /^c+d$/);
    await again("told");
    await says("told", /^c+dd$/);
    await boot("told", "cdrom");
    await lodge.client.call("guestDrive", { params: { guest: "told" }, body: { image: iso } });
    await again("told");
    await says("told", /^c+ddc/);
    await lodge.remove("told");
  });

  for (const bus of ["virtio-blk", "virtio-scsi", "sata"] as const)
    it(`passes over an empty disk on ${bus} and starts what was installed, where disks come first`, async () => {
      await install(bus, { boot: "disk", disks: [{ bus }] });
      await says(bus, /^cd$/);
      await again(bus);
      await says(bus, /^cdd$/);
      await lodge.remove(bus);
    });

  it("can be given another order while it is suspended, and comes back from there all the same", async () => {
    await install("kept", { boot: "disk" });
    await says("kept", /^cd$/);
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: "kept" } }));
    await boot("kept", "cdrom");
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "kept" } }));
    await again("kept");
    await says("kept", /^cdc/);
    await lodge.remove("kept");
  });
});
