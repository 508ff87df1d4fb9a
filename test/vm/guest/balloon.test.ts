/** Does memory that a guest frees go back to the host, and does a branch of it stand on what is parked? */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Schemas } from "#contract/schemas";
import { MiB, TestLodge } from "../daemon.ts";

type Guest = Schemas["Guest"];
const filler = 128 * MiB;

describe("memory that a guest frees", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
    await lodge.run({ name: "g", memory: 320 * MiB, cold: true });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  /** Bytes of the host's memory that the guest's process has: its own, and of the file it shares. */
  const resident = async (guest: string) => {
    const { pid } = await lodge.guest(guest);
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) * 1024;
  };
  const fill = (guest: string, from = "zero") =>
    lodge.sh(guest, `dd if=/dev/${from} of=/dev/shm/filler bs=1M count=${filler / MiB} 2>/dev/null`);
  const free = (guest: string) => lodge.sh(guest, "rm /dev/shm/filler; echo 3 >/proc/sys/vm/drop_caches");
  const hasDriver = async (guest: string) => {
    const path = "/sys/bus/pci/devices/0000:00:06.0/virtio*/driver";
    return (await lodge.sh(guest, `ls -d ${path} 2>/dev/null | wc -l`)) === "1";
  };
  /** Waits until the process has less than that. */
  const shrinks = async (guest: string, to: number) => {
    for (let tries = 0; ; tries++) {
      const now = await resident(guest);
      if (now < to) return;
      assert.ok(
        tries < 600,
        `the process of ${guest} has ${Math.round(now / MiB)} MiB still, not ${Math.round(to / MiB)}`,
      );
      await delay(100);
    }
  };

  const givesBack = async (guest: string) => {
    await fill(guest);
    const full = await resident(guest);
    await free(guest);
    // The guest tells of free pieces of 2 MiB alone, and QEMU takes memory for what it translates meanwhile.
    await shrinks(guest, full - 0.75 * filler);
  };

  it("goes back to the host", async () => {
    assert.equal((await lodge.guest("g")).machine.balloon, true);
    await givesBack("g");
  });

  it("goes back after a suspend as well", async () => {
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: "g" } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    await givesBack("g");
  });

  it("is left to the host as far as its owner says while it runs, and comes again", async () => {
    const body = (memory: number) => ({ params: { guest: "g" }, body: { memory } });
    const total = async () => Number(await lodge.sh("g", "awk '/MemTotal/ {print $2}' /proc/meminfo")) * 1024;
    const before = await total();
    const becomes = async (wanted: (now: number) => boolean) => {
      for (let tries = 0; !wanted(await total()); tries++) {
        assert.ok(tries < 300, `it has ${Math.round((await total()) / MiB)} MiB`);
        await delay(100);
      }
    };
    await lodge.client.call("guestUpdate", body(220 * MiB));
    const { memory, memoryTarget } = await lodge.guest("g");
    assert.deepEqual([memory, memoryTarget], [320 * MiB, 220 * MiB]);
    await becomes((now) => now <= before - 95 * MiB);
    await assert.rejects(lodge.client.call("guestUpdate", body(64 * MiB)), { code: "api.invalid" });
    await assert.rejects(lodge.client.call("guestUpdate", body(640 * MiB)), { code: "guest.wrong_state" });
    await lodge.client.call("guestUpdate", body(320 * MiB));
    assert.equal((await lodge.guest("g")).memoryTarget, undefined);
    await becomes((now) => now === before);
  });

  it("stays with a branch, which shares what it stands on, until the branch is started anew", async () => {
    await fill("g", "urandom");
    await lodge.sh("g", "sha256sum /dev/shm/filler >/dev/shm/sum");
    const fork = lodge.client.call("guestFork", { params: { guest: "g" }, body: { count: 2, name: "b" } });
    const { result } = await lodge.done(fork);
    const [first, second] = (result as { guests: Guest[] }).guests;
    assert.equal(first!.machine.balloon, true);
    assert.deepEqual([await hasDriver("g"), await hasDriver(first!.name)], [true, false]);
    await free(first!.name);
    await fill(first!.name);
    await free(first!.name);
    for (const guest of ["g", second!.name]) await lodge.sh(guest, "sha256sum -c /dev/shm/sum");
    // QEMU would complain of each piece that it was told of and could not give back.
    assert.equal(await readFile(join(lodge.paths.guests, first!.id, "qemu.log"), "utf8"), "");
    const params = { guest: first!.name };
    await lodge.done(lodge.client.call("guestStop", { params, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params }));
    await givesBack(first!.name);
  });

  it("is shared by forks of a template, which have no balloon", async () => {
    const guest = await lodge.run({ name: "f" });
    assert.deepEqual([guest.origin.how, guest.machine.balloon], ["fork", undefined]);
    assert.equal(await hasDriver("f"), false);
  });
});
