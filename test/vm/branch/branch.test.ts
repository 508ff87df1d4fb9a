/** Is a branch of a running machine that machine at one moment, and does the machine go on? */
import assert from "node:assert/strict";
import { closeSync, readdirSync, readSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import type { ProcessRef } from "#base/process";
import { createRam, isRamSealed, openRam, releaseRam, sealRam } from "#hypervisor/memory/held-ram";
import { branchMachine } from "#hypervisor/qemu/branch/branch";
import { type TinyGuest, tinyGuest } from "../tiny-guest.ts";
import { BareMachine, memory, type Parked } from "./bare-machine.ts";

describe("a branch of a running machine", () => {
  let folder = "";
  let guest: TinyGuest;
  let parent: BareMachine;
  const machines: BareMachine[] = [];
  const holders: ProcessRef[] = [];
  /** The node and the file that a machine writes to. */
  const disks = new Map<BareMachine, { node: string; file: string }>();
  let count = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "branch-"));
    guest = await tinyGuest();
    const file = join(folder, "disk0.qcow2");
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", file, "16M"]);
    parent = await BareMachine.boot(folder, "parent", file, guest);
    machines.push(parent);
    disks.set(parent, { node: "disk0", file });
    await parent.sh("head -c 12000000 /dev/urandom >/dev/shm/pattern");
    await parent.sh("(i=0; while :; do i=$((i+1)); echo $i >/dev/shm/count; usleep 2000; done) & true");
  });
  after(async () => {
    for (const machine of machines) await machine.end();
    for (const holder of holders) await releaseRam(holder);
    await rm(folder, { recursive: true });
  });

  const overlay = async (name: string, below: string) => {
    const file = join(folder, `${name}.qcow2`);
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", "-b", below, "-F", "qcow2", file]);
    return file;
  };
  const sumOf = (machine: BareMachine) => machine.sh("md5sum </dev/shm/pattern");
  const counted = async (machine: BareMachine) => Number(await machine.sh("cat /dev/shm/count"));
  const goesOn = async (machine: BareMachine) => {
    const from = await counted(machine);
    for (let tries = 0; (await counted(machine)) <= from; tries++) {
      assert.ok(tries < 100, "what ran in the machine runs no more");
      await delay(50);
    }
  };
  const diskSays = (machine: BareMachine) =>
    machine.sh("dd if=/dev/vda bs=8 count=1 iflag=direct 2>/dev/null");

  interface Over {
    readonly size?: number;
    readonly signal?: AbortSignal;
    readonly freeze?: () => Promise<void>;
    /** Called while the machine stands still. */
    readonly beforeFreeze?: () => void;
    readonly resume?: boolean;
    /** Called when the two files are there, before anything is in them. */
    readonly early?: (parked: Parked & { below: string }) => Promise<void>;
  }

  /** Branches, with the disk frozen, and seals the memory. */
  async function park(
    machine: BareMachine,
    over: Over = {},
  ): Promise<Parked & { pause: number; below: string }> {
    const name = `b${++count}`;
    const disk = disks.get(machine)!;
    const next = { node: name, file: await overlay(name, disk.file) };
    const freeze = async () => {
      over.beforeFreeze?.();
      await machine.monitor.execute("blockdev-snapshot-sync", {
        "node-name": disk.node,
        "snapshot-file": next.file,
        "snapshot-node-name": next.node,
        format: "qcow2",
        mode: "existing",
      });
      disks.set(machine, next);
    };
    const holder = await createRam(over.size ?? memory, "branch test");
    holders.push(holder);
    const ram = openRam(holder);
    const stateFile = join(folder, `${name}.state`);
    try {
      if (over.early) {
        writeFileSync(stateFile, "");
        await over.early({ holder, stateFile, below: disk.file });
      }
      const socket = join(folder, "branch");
      const branched = await branchMachine(machine.monitor, {
        socket,
        ram,
        stateFile,
        freeze,
        resume: true,
        ...over,
      });
      await sealRam(holder);
      assert.ok(branched.ramBytes > 12_000_000 && branched.ramBytes <= memory);
      return { holder, stateFile, pause: branched.pause, below: disk.file };
    } finally {
      closeSync(ram);
    }
  }

  async function prepare(name: string, from: Parked & { below: string }): Promise<BareMachine> {
    const file = await overlay(name, from.below);
    const machine = await BareMachine.start(folder, name, file, guest, from);
    machines.push(machine);
    disks.set(machine, { node: "disk0", file });
    return machine;
  }

  async function start(name: string, from: Parked & { below: string }): Promise<BareMachine> {
    const machine = await prepare(name, from);
    await machine.load();
    await machine.monitor.execute("cont");
    return machine;
  }

  let child: BareMachine;

  it("has the memory and the processes of its parent, and both go on", async (t) => {
    const sum = await sumOf(parent);
    const before = await counted(parent);
    await parent.sh("printf before.. | dd of=/dev/vda bs=512 conv=sync oflag=direct 2>/dev/null");
    const began = performance.now();
    const parked = await park(parent);
    const branched = performance.now();
    assert.equal(isRamSealed(parked.holder), true);
    child = await start("child", parked);
    assert.equal(await child.sh("echo here"), "here");
    t.diagnostic(
      `the parent paused for ${parked.pause.toFixed(1)} ms; branched after ${(branched - began).toFixed(0)} ms, ` +
        `the child answered after ${(performance.now() - began).toFixed(0)} ms`,
    );
    assert.ok(parked.pause > 0);
    assert.equal(await parent.status(), "running");
    assert.equal(await sumOf(child), sum);
    assert.equal(await sumOf(parent), sum);
    assert.ok((await counted(child)) > before);
    await goesOn(child);
    await goesOn(parent);
  });

  it("shares neither memory nor disk with its parent from then on", async () => {
    await parent.sh(
      "echo parent >/dev/shm/who; printf parent.. | dd of=/dev/vda bs=512 conv=sync oflag=direct 2>/dev/null",
    );
    assert.equal(await child.sh("ls /dev/shm"), "count    pattern");
    assert.equal(await diskSays(child), "before..");
    await child.sh(
      "echo child >/dev/shm/who; printf child... | dd of=/dev/vda bs=512 conv=sync oflag=direct 2>/dev/null",
    );
    assert.equal(await parent.sh("cat /dev/shm/who"), "parent");
    assert.equal(await diskSays(parent), "parent..");
  });

  it("can be branched itself, into several at once", async () => {
    await child.sh("head -c 8000000 /dev/urandom >/dev/shm/pattern");
    const sum = await sumOf(child);
    assert.notEqual(sum, await sumOf(parent));
    const parked = await park(child);
    const grandchildren = await Promise.all(["c1", "c2"].map((name) => start(name, parked)));
    for (const [at, machine] of grandchildren.entries()) {
      assert.equal(await sumOf(machine), sum);
      assert.equal(await machine.sh("cat /dev/shm/who"), "child");
      assert.equal(await diskSays(machine), "child...");
      await machine.sh(`echo ${at} >/dev/shm/who`);
      await goesOn(machine);
    }
    assert.equal(await grandchildren[0]!.sh("cat /dev/shm/who"), "0");
    assert.equal(await child.sh("cat /dev/shm/who"), "child");
    await goesOn(child);
    for (const machine of [child, ...grandchildren]) await machine.end();
  });

  it("may have its QEMU started before there is anything to load", async () => {
    const write = (text: string) =>
      parent.sh(`printf ${text} | dd of=/dev/vda bs=512 conv=sync oflag=direct 2>/dev/null`);
    await write("earlier.");
    let early: BareMachine | undefined;
    await park(parent, {
      early: async (parked) => {
        early = await prepare("early", parked);
        await write("later...");
        await parent.sh("head -c 3000000 /dev/urandom >/dev/shm/later");
        await parent.sh("dd if=/dev/shm/later of=/dev/vda bs=64k seek=16 conv=sync oflag=direct 2>/dev/null");
      },
    });
    await early!.load();
    await early!.monitor.execute("cont");
    assert.equal(await diskSays(early!), "later...");
    const sums =
      "md5sum </dev/shm/later; dd if=/dev/vda bs=64k skip=16 count=45 iflag=direct 2>/dev/null | md5sum";
    assert.equal(await early!.sh(sums), await parent.sh(sums));
    assert.equal(await sumOf(early!), await sumOf(parent));
    await goesOn(early!);
    await early!.end();
  });

  it("is exact to the last byte, however much the machine writes meanwhile", async (t) => {
    await parent.sh(
      "(while :; do date >/dev/shm/date; dd if=/dev/urandom of=/dev/shm/busy bs=4k count=1500 conv=notrunc; done) >/dev/null 2>&1 & true",
    );
    for (let round = 0; round < 8; round++) {
      let there: Buffer = Buffer.alloc(0);
      const parked = await park(parent, { beforeFreeze: () => (there = parent.readMemory()) });
      const ram = openRam(parked.holder);
      const here = Buffer.alloc(memory);
      readSync(ram, here, 0, memory, 0);
      closeSync(ram);
      const unlike: string[] = [];
      for (let at = 0; at < memory; at += 4096) {
        if (here.compare(there, at, at + 4096, at, at + 4096) !== 0) unlike.push(at.toString(16));
      }
      assert.deepEqual(unlike, [], `round ${round}`);
      await releaseRam(parked.holder);
      await delay(150);
    }
    const { pause } = await park(parent);
    t.diagnostic(`the parent paused for ${pause.toFixed(1)} ms`);
    await parent.sh("kill %2; rm /dev/shm/busy");
    await goesOn(parent);
  });

  it("that fails leaves the machine running, and nothing else", async () => {
    const files = () => readdirSync(folder).filter((name) => /\.state$|^branch$/.test(name));
    const before = files();
    await assert.rejects(park(parent, { size: memory / 2 }), {
      code: "host.qemu_failed",
      detail: /no memory 'ram'/,
    });
    assert.equal(await parent.status(), "running");
    const freeze = () => Promise.reject(new Error("the disks would not freeze"));
    await assert.rejects(park(parent, { freeze }), /would not freeze/);
    assert.equal(await parent.status(), "running");
    await assert.rejects(park(parent, { signal: AbortSignal.timeout(60) }), { name: "TimeoutError" });
    assert.equal(await parent.status(), "running");
    assert.deepEqual(files(), before);
    await goesOn(parent);
    await park(parent);
    await goesOn(parent);
  });

  it("of a machine that was stopped leaves it so", async () => {
    await parent.monitor.execute("stop");
    await park(parent, { resume: false });
    assert.notEqual(await parent.status(), "running");
    await parent.monitor.execute("cont");
    await goesOn(parent);
  });
});
