/** Has a guest the disks that its owner wants, on every bus and in every format, all its life? */
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { assertConsistent } from "./consistent.ts";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";

type Guest = Schemas["Guest"];

/** Prints name, serial and sectors of each disk; SCSI and ATA tell their serial on a page of its own. */
const lookAround = `for disk in /sys/block/[vs]d*; do
  serial=$(cat $disk/serial 2>/dev/null || tail -c +5 $disk/device/vpd_pg80)
  echo $(basename $disk) $serial $(cat $disk/size)
done`;

describe("a guest's disks", () => {
  let lodge: TestLodge;
  let parked: readonly string[] = [];
  before(async () => {
    lodge = await TestLodge.start();
    parked = await readdir(join(lodge.home, "layers"));
    const disks = [
      {},
      { size: 32 * MiB },
      { size: 48 * MiB, bus: "virtio-blk", format: "raw" },
      { size: 40 * MiB, bus: "sata" },
      { size: 36 * MiB, format: "raw" },
    ] as const;
    await lodge.run({ name: "g", disks: [...disks] });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const disks = async (guest: string) => {
    const lines = (await lodge.sh(guest, lookAround)).split("\n").map((line) => line.split(" "));
    return new Map(lines.map(([name, serial, sectors]) => [serial!, { name, size: Number(sectors) * 512 }]));
  };
  const device = async ({ name, disks: all }: Guest, id: string) =>
    `/dev/${(await disks(name)).get(all.find((disk) => disk.id === id)!.serial)!.name}`;
  const act = (route: "guestSuspend" | "guestStart", guest: string) =>
    lodge.done(lodge.client.call(route, { params: { guest } }));
  const stop = (guest: string) =>
    lodge.done(lodge.client.call("guestStop", { params: { guest }, body: { force: true } }));
  /** But for the template's. */
  const files = async () =>
    (await readdir(join(lodge.home, "layers"))).filter((name) => !parked.includes(name));
  const add = async (guest: string, body: Schemas["DiskAdd"]) => {
    const { result } = await lodge.done(lodge.client.call("diskAdd", { params: { guest }, body }));
    return result as { guest: Guest; disk: string };
  };
  const remove = (guest: string, disk: string) =>
    lodge.done(lodge.client.call("diskRemove", { params: { guest, disk } }));
  const resize = (guest: string, disk: string, size: number) =>
    lodge.done(lodge.client.call("diskResize", { params: { guest, disk }, body: { size } }));
  /** Bytes that the files of the guest's disks take on the host. */
  const taken = async () => {
    const folder = join(lodge.home, "layers");
    const all = await Promise.all((await files()).map((name) => stat(join(folder, name))));
    return all.reduce((sum, { blocks }) => sum + blocks * 512, 0);
  };
  const write = (guest: string, path: string, text: string) =>
    lodge.sh(guest, `printf ${text} | dd of=${path} conv=notrunc,fsync 2>/dev/null`);
  const read = (guest: string, path: string, bytes: number) =>
    lodge.sh(guest, `echo 3 >/proc/sys/vm/drop_caches; head -c ${bytes} ${path}`);
  const ids = ["disk0", "disk1", "disk2", "disk3", "disk4"];
  // The cloud kernel has no driver for AHCI: what a BIOS does with such a disk is in boot-order.test.ts.
  const seenByLinux = ids.filter((id) => id !== "disk3");

  it("are all there, each with its serial and size, and the guest booted for that reason", async () => {
    const guest = await lodge.guest("g");
    assert.equal(guest.origin.reason, "it has more than one disk");
    assert.deepEqual(
      guest.disks.map(({ id, bus, format, size }) => [id, bus, format, size / MiB]),
      [
        ["disk0", "virtio-blk", "qcow2", 64],
        ["disk1", "virtio-scsi", "qcow2", 32],
        ["disk2", "virtio-blk", "raw", 48],
        ["disk3", "sata", "qcow2", 40],
        ["disk4", "virtio-scsi", "raw", 36],
      ],
    );
    const seen = await disks("g");
    const virtio = guest.disks.filter(({ id }) => seenByLinux.includes(id));
    assert.deepEqual(
      virtio.map(({ serial }) => seen.get(serial)?.size),
      virtio.map(({ size }) => size),
    );
    assert.equal(seen.size, seenByLinux.length);
  });

  it("give back to the host what the guest discards, on both buses and in both formats", async () => {
    const guest = await lodge.guest("g");
    for (const id of seenByLinux) {
      const path = await device(guest, id);
      const empty = await taken();
      await lodge.sh("g", `dd if=/dev/urandom of=${path} bs=1M count=16 conv=fsync 2>/dev/null`);
      assert.ok((await taken()) - empty > 15 * MiB, `${id} holds less than was written`);
      await lodge.sh("g", `blkdiscard ${path}`);
      assert.ok((await taken()) - empty < MiB, `${id} keeps what was discarded`);
    }
  });

  it("are there again after a suspend", async () => {
    const guest = await lodge.guest("g");
    for (const id of seenByLinux) await write("g", await device(guest, id), `on-${id}`);
    await act("guestSuspend", "g");
    await act("guestStart", "g");
    for (const id of seenByLinux) assert.equal(await read("g", await device(guest, id), 8), `on-${id}`);
  });

  it("are a branch's as well, which goes its own way on each of them", async () => {
    const fork = lodge.client.call("guestFork", { params: { guest: "g" }, body: { name: "b" } });
    const { result } = await lodge.done(fork);
    const [branch] = (result as { guests: Guest[] }).guests;
    const parent = await lodge.guest("g");
    // What stands on a raw file is qcow2.
    for (const { disks: all } of [parent, branch!])
      assert.deepEqual([...new Set(all.map(({ format }) => format))], ["qcow2"]);
    // Linux asks a SCSI disk for its serial once, so that in the branch it still tells the parent's.
    const paths = new Map<string, string>();
    for (const id of seenByLinux) paths.set(id, await device(parent, id));
    for (const [id, path] of paths) {
      assert.equal(await read("b", path, 8), `on-${id}`);
      await write("b", path, `br-${id}`);
    }
    for (const id of seenByLinux) assert.equal(await read("g", await device(parent, id), 8), `on-${id}`);
    for (const guest of ["g", "b"]) {
      await stop(guest);
      await act("guestStart", guest);
    }
    for (const id of seenByLinux) {
      assert.equal(await read("g", await device(parent, id), 8), `on-${id}`);
      assert.equal(await read("b", await device(branch!, id), 8), `br-${id}`);
    }
    await lodge.remove("b");
  });

  it("still give back what is discarded, also above a frozen layer", async () => {
    const path = await device(await lodge.guest("g"), "disk4");
    const empty = await taken();
    await lodge.sh("g", `dd if=/dev/urandom of=${path} bs=1M count=16 conv=fsync 2>/dev/null`);
    await lodge.sh("g", `blkdiscard ${path}`);
    assert.ok((await taken()) - empty < MiB);
    await write("g", path, "on-disk4");
  });

  it("grow while the guest runs, and it sees that", async () => {
    const guest = await lodge.guest("g");
    for (const id of ["disk0", "disk1", "disk2"]) {
      await resize("g", id, 128 * MiB);
      const name = (await device(guest, id)).slice("/dev/".length);
      await lodge.sh(
        "g",
        `until [ $(cat /sys/block/${name}/size) = ${(128 * MiB) / 512} ]; do usleep 20000; done`,
      );
    }
    assert.deepEqual(
      (await lodge.guest("g")).disks.map(({ size }) => size / MiB),
      [128, 128, 128, 40, 36],
    );
  });

  it("grow while it is stopped", async () => {
    await stop("g");
    for (const id of ids) await resize("g", id, 160 * MiB);
    await act("guestStart", "g");
    const guest = await lodge.guest("g");
    const seen = await disks("g");
    for (const { id, serial } of guest.disks)
      if (seenByLinux.includes(id)) assert.equal(seen.get(serial)!.size, 160 * MiB);
    for (const id of seenByLinux) assert.equal(await read("g", await device(guest, id), 8), `on-${id}`);
  });

  it("never shrink", async () => {
    await assert.rejects(resize("g", "disk1", 32 * MiB), { code: "disk.shrink" });
    await assert.rejects(resize("g", "disk9", 32 * MiB), { code: "disk.not_found" });
  });

  it("of a guest that runs can be removed on virtio-scsi, and there alone; the first never", async () => {
    const before = (await files()).length;
    await remove("g", "disk4");
    const guest = await lodge.guest("g");
    assert.deepEqual(
      guest.disks.map(({ id }) => id),
      ["disk0", "disk1", "disk2", "disk3"],
    );
    assert.equal((await disks("g")).size, 3);
    // Its layer, and the raw one below.
    assert.equal((await files()).length, before - 2);
    await assert.rejects(remove("g", "disk2"), { code: "disk.not_live" });
    await assert.rejects(remove("g", "disk0"), { code: "disk.boots" });
  });

  it("of one that is stopped can be removed on every bus, and the others stay where they are", async () => {
    await stop("g");
    for (const id of ["disk1", "disk3"]) await remove("g", id);
    await assert.rejects(remove("g", "disk0"), { code: "disk.boots" });
    await act("guestStart", "g");
    const guest = await lodge.guest("g");
    assert.deepEqual(
      [...(await disks("g")).keys()].toSorted(),
      guest.disks.map(({ serial }) => serial),
    );
    assert.equal(await read("g", await device(guest, "disk2"), 8), "on-disk2");
    await lodge.remove("g");
    assert.deepEqual(await files(), []);
  });

  describe("that are added", () => {
    before(async () => {
      await lodge.run({ name: "h" });
    });

    it("are there at once in a fork that runs, and stay over suspend, stop and a killed daemon", async () => {
      assert.equal((await lodge.guest("h")).origin.how, "fork");
      const { disk, guest } = await add("h", { size: 24 * MiB });
      assert.equal(disk, "disk1");
      await lodge.sh("h", `until ls /sys/block/sda/size; do usleep 20000; done`);
      const path = await device(guest, disk);
      await write("h", path, "plugged");
      await act("guestSuspend", "h");
      await act("guestStart", "h");
      assert.equal(await read("h", path, 7), "plugged");
      await lodge.restart();
      await add("h", { size: 8 * MiB, format: "raw" });
      await stop("h");
      await act("guestStart", "h");
      assert.equal(await read("h", await device(guest, disk), 7), "plugged");
      assert.equal((await disks("h")).size, 3);
    });

    it("can be taken out again, and one that comes after takes their place", async () => {
      const before = await files();
      await remove("h", "disk1");
      await lodge.sh("h", "while ls /sys/block/sda; do usleep 20000; done");
      const { disk, guest } = await add("h", { size: 16 * MiB });
      assert.equal(disk, "disk1");
      await lodge.sh("h", "until ls /sys/block/sdb /sys/block/sda; do usleep 20000; done");
      assert.equal((await disks("h")).get(guest.disks.at(-1)!.serial)?.size, 16 * MiB);
      assert.equal(await read("h", await device(guest, disk), 7), "\0".repeat(7));
      await remove("h", "disk1");
      await remove("h", "disk2");
      assert.equal((await files()).length, before.length - 2);
    });

    it("are in a branch of their guest", async () => {
      await add("h", { size: 16 * MiB });
      await lodge.sh("h", "until ls /sys/block/sda; do usleep 20000; done");
      await write("h", "/dev/sda", "before");
      await lodge.done(lodge.client.call("guestFork", { params: { guest: "h" }, body: { name: "i" } }));
      assert.equal(await read("i", "/dev/sda", 6), "before");
      await remove("h", "disk1");
      assert.equal(await read("i", "/dev/sda", 6), "before");
      await lodge.remove("i");
    });

    it("come on other buses while the guest is stopped, and not while it runs", async () => {
      for (const bus of ["virtio-blk", "sata"] as const)
        await assert.rejects(add("h", { size: 16 * MiB, bus }), { code: "disk.not_live" });
      await stop("h");
      for (const bus of ["virtio-blk", "sata"] as const) await add("h", { size: 16 * MiB, bus });
      await act("guestStart", "h");
      const guest = await lodge.guest("h");
      assert.equal((await disks("h")).size, guest.disks.length - 1);
      await stop("h");
      for (let place = guest.disks.length; place < 6; place++) {
        await add("h", { size: MiB, bus: "virtio-blk" });
      }
      await assert.rejects(add("h", { size: MiB, bus: "virtio-blk" }), { code: "disk.no_place" });
      await assertConsistent(lodge);
      await lodge.start();
      await lodge.remove("h");
    });
  });

  it("can be one that is a raw copy of the image", async () => {
    const guest = await lodge.run({ name: "r", disks: [{ format: "raw", size: 96 * MiB }] });
    assert.equal(guest.origin.reason, "its disk is a raw copy of the image");
    const [file] = (await files()).filter((name) => name.endsWith(".raw"));
    assert.equal((await stat(join(lodge.home, "layers", file!))).size, 96 * MiB);
    await write("r", "/dev/vda", "raw");
    await stop("r");
    await act("guestStart", "r");
    assert.equal(await read("r", "/dev/vda", 3), "raw");
    await lodge.remove("r");
  });

  it("are refused where they cannot be", async () => {
    const run = (asked: Schemas["GuestCreate"]["disks"]) =>
      lodge.run({ name: "none", start: false, memory: tinyMemory, disks: asked! });
    await assert.rejects(run([{ size: MiB }]), { code: "guest.disk_shrink" });
    await assert.rejects(run([{}, {}]), { code: "api.invalid" });
    await assert.rejects(run([]), { code: "api.invalid" });
    const sata = { size: MiB, bus: "sata" } as const;
    await assert.rejects(run([{}, sata, sata, sata, sata]), { code: "disk.no_place" });
    assert.deepEqual(await lodge.client.call("guestList"), []);
  });
});
