/** Does a running machine go from one QEMU to another with all that it has, and is it in exactly one whatever fails? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import { ApartSocket } from "#base/apart-socket";
import { exec } from "#base/exec";
import { dropKey, lendKey } from "#hypervisor/qemu/migrate/one-time-key";
import { awaitMachine, disksCame, goOnHere, machineCame } from "#hypervisor/qemu/migrate/receive";
import { sendMachine, takeBack, type SendOptions, type SendProgress } from "#hypervisor/qemu/migrate/send";
import { BareMachine } from "../branch/bare-machine.ts";
import { type TinyGuest, tinyGuest } from "../tiny-guest.ts";
import { Passage } from "./passage.ts";

const disk = { id: "disk0", node: "disk0" };

describe("a machine that goes to another QEMU", () => {
  let folder = "";
  let guest: TinyGuest;
  let base = "";
  let here: BareMachine;
  const machines: BareMachine[] = [];
  let count = 0;

  const overlay = async (name: string) => {
    const file = join(folder, `${name}.qcow2`);
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", file]);
    return file;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "migrate-"));
    guest = await tinyGuest();
    base = join(folder, "base.qcow2");
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", base, "64M"]);
    await exec("qemu-io", ["-f", "qcow2", "-c", "write -P 98 0 8M", base]);
    here = await BareMachine.boot(folder, "m0", await overlay("m0"), guest);
    machines.push(here);
    await here.sh("head -c 12000000 /dev/urandom >/dev/shm/pattern");
    await here.sh("(i=0; while :; do i=$((i+1)); echo $i >/dev/shm/count; usleep 2000; done) & true");
    // What it has of its own on the disk, something that it cleared, and a writer that never rests.
    await here.sh("dd if=/dev/shm/pattern of=/dev/vda bs=1M seek=16 oflag=direct 2>/dev/null; sync");
    await here.sh("dd if=/dev/zero of=/dev/vda bs=1M count=2 conv=notrunc oflag=direct 2>/dev/null; sync");
    await here.sh(
      "(i=0; while :; do i=$((i+1)); printf '%-512s' $i | dd of=/dev/vda bs=512 seek=98304 conv=notrunc oflag=direct 2>/dev/null; echo $i >/dev/shm/written; done) & true",
    );
  });
  after(async () => {
    for (const machine of machines) await machine.end();
    await rm(folder, { recursive: true });
  });

  /** Prints a number that is written over and over: for a moment of each time its file is empty. */
  const print = (file: string) => `until grep . /dev/shm/${file}; do :; done`;
  const counted = async (machine: BareMachine) => Number(await machine.sh(print("count")));
  const goesOn = async (machine: BareMachine) => {
    const from = await counted(machine);
    for (let tries = 0; (await counted(machine)) <= from; tries++) {
      assert.ok(tries < 100, "what ran in the machine runs no more");
      await delay(50);
    }
  };
  const sums = (machine: BareMachine) =>
    machine.sh(
      "md5sum </dev/shm/pattern; dd if=/dev/vda bs=1M count=40 iflag=direct 2>/dev/null | md5sum; " +
        "dd if=/dev/vda bs=1M skip=2 count=1 iflag=direct 2>/dev/null | head -c 4",
    );
  /** What it wrote last, as the disk says; and as it knows it, before and after that was asked. */
  const lastWritten = async (machine: BareMachine) => {
    const said = await machine.sh(
      `${print("written")}; dd if=/dev/vda bs=512 skip=98304 count=1 iflag=direct 2>/dev/null; echo; ${print("written")}`,
    );
    const [before = NaN, says = NaN, after = NaN] = said
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => Number(line));
    return { before, says, after };
  };

  interface Trip extends AsyncDisposable {
    readonly target: BareMachine;
    readonly stream: Passage;
    readonly blocks: Passage;
    readonly progress: SendProgress[];
    readonly abort: AbortController;
    readonly send: (over?: {
      bandwidth?: number;
      running?: boolean;
      atDisks?: () => Promise<void>;
    }) => Promise<unknown>;
  }

  async function prepare(): Promise<Trip> {
    const name = `m${++count}`;
    const at = (suffix: string) => join(folder, `${name}.${suffix}`);
    const target = await BareMachine.start(folder, name, await overlay(name), guest, "elsewhere");
    machines.push(target);
    await awaitMachine(target.monitor, { socket: at("in"), disksIn: at("ind"), disks: [disk] });
    const [stream, blocks] = [
      await Passage.open(at("out"), at("in")),
      await Passage.open(at("outd"), at("ind")),
    ];
    const progress: SendProgress[] = [];
    const abort = new AbortController();
    const from = here;
    return {
      target,
      stream,
      blocks,
      progress,
      abort,
      send: ({ atDisks, running = true, ...over } = {}) =>
        sendMachine(from.monitor, {
          socket: at("out"),
          disksOut: at("outd"),
          disks: [disk],
          running,
          followFirst: false,
          downtime: 300,
          signal: abort.signal,
          onProgress: (one) => progress.push(one),
          disksSent: async () => {
            await atDisks?.();
            await disksCame(target.monitor, [disk]);
          },
          ...over,
        }),
      [Symbol.asyncDispose]: async () => void (await Promise.all([stream.close(), blocks.close()])),
    };
  }
  /** As prepare(), by connections that lead through nobody. @param foreign the target's secret, where that is another one */
  async function prepareDirect(foreign?: string) {
    const name = `m${++count}`;
    const run = join(folder, `${name}.run`);
    await mkdir(run);
    const target = await BareMachine.start(folder, name, await overlay(name), guest, "elsewhere");
    machines.push(target);
    const secret = randomBytes(32).toString("hex");
    const [theirs, ours] = [join(run, "in"), join(run, "out")];
    await Promise.all([mkdir(theirs), mkdir(ours)]);
    await lendKey(target.monitor, { run: theirs, secret: foreign ?? secret, endpoint: "server" });
    await lendKey(here.monitor, { run: ours, secret, endpoint: "client" });
    const listening = (await ApartSocket.listen("127.0.0.1", [0]))!;
    const open = [listening.socket];
    const disksOut = async () => {
      const socket = connect({ host: "127.0.0.1", port: listening.port });
      await once(socket, "connect");
      const apart = ApartSocket.of(socket)!;
      open.push(apart);
      return apart;
    };
    // Memory goes straight from one to the other, since both are in one folder.
    const socket = join(theirs, "memory");
    await awaitMachine(target.monitor, { socket, disksIn: listening.socket, disks: [disk] });
    const from = here;
    const cut = () => open.forEach((socket) => socket.cut());
    return {
      target,
      run: theirs,
      cut,
      send: (over: Partial<SendOptions>) =>
        sendMachine(from.monitor, {
          socket,
          disksOut,
          disks: [disk],
          running: true,
          followFirst: false,
          downtime: 300,
          signal: new AbortController().signal,
          onProgress: () => undefined,
          disksSent: () => disksCame(target.monitor, [disk]),
          ...over,
        }),
      [Symbol.asyncDispose]: async () => cut(),
    };
  }

  const isBack = async () => {
    assert.equal(await here.status(), "running");
    await goesOn(here);
    assert.deepEqual(await here.monitor.execute("query-jobs"), []);
    const nodes = await here.monitor.execute<{ "node-name": string }[]>("query-named-block-nodes", {
      flat: true,
    });
    assert.ok(!nodes.some((node) => node["node-name"].includes("moving")));
  };
  const back = () => takeBack(here.monitor, { disks: ["disk0"], running: true });

  it("has its memory, its processes and what it wrote, and stands still until it is told to go on", async (t) => {
    await using trip = await prepare();
    const before = await sums(here);
    const from = await counted(here);
    await trip.send();
    await machineCame(trip.target.monitor);
    assert.equal(await here.status(), "postmigrate");
    assert.notEqual(await trip.target.status(), "running");
    const began = performance.now();
    await goOnHere(trip.target.monitor, true);
    assert.equal(await trip.target.status(), "running");
    await here.end();
    here = trip.target;
    assert.equal(await sums(here), before);
    const written = await lastWritten(here);
    assert.ok(written.before <= written.says && written.says <= written.after + 1, JSON.stringify(written));
    assert.ok((await counted(here)) > from);
    await goesOn(here);
    assert.ok(trip.progress.some(({ what }) => what === "memory"));
    // What the base has is not sent: of the disk, 12 MB that it wrote and the zeros as a word.
    assert.ok(trip.blocks.bytes < 16_000_000, `${trip.blocks.bytes} bytes`);
    t.diagnostic(
      `${trip.stream.bytes} bytes of memory, ${trip.blocks.bytes} of the disk; on after ${performance.now() - began} ms`,
    );
  });

  it("finds all of it on its new disk when that is read by another", async () => {
    await here.sh("sync");
    const { stdout } = await exec("qemu-img", ["check", "-U", join(folder, `m${count}.qcow2`)]);
    assert.match(stdout, /No errors were found/);
  });

  it("has its disks go by connections of their own, for which both QEMUs have a key, and by others afterwards", async () => {
    await using direct = await prepareDirect();
    const before = await sums(here);
    await direct.send({});
    await machineCame(direct.target.monitor);
    await goOnHere(direct.target.monitor, true);
    await dropKey(direct.target.monitor, direct.run);
    await here.end();
    here = direct.target;
    assert.equal(await sums(here), before);
    await goesOn(here);
    await using trip = await prepare();
    await trip.send();
    await machineCame(trip.target.monitor);
    await trip.target.end();
    await back();
    await isBack();
  });

  it("goes on where it was when those are cut", async () => {
    await using direct = await prepareDirect();
    await assert.rejects(
      direct.send({ bandwidth: 2 ** 20, onProgress: ({ what }) => what === "disks" && direct.cut() }),
    );
    await direct.target.end();
    await back();
    await dropKey(here.monitor, direct.run);
    await isBack();
  });

  it("sends nothing to one that has not its key", async () => {
    await using direct = await prepareDirect("00".repeat(32));
    await assert.rejects(direct.send({}), { code: "host.qemu_failed" });
    await direct.target.end();
    await back();
    await dropKey(here.monitor, direct.run);
    await isBack();
  });

  it("goes on where it was when it is not committed", async () => {
    await using trip = await prepare();
    await trip.send();
    await machineCame(trip.target.monitor);
    await trip.target.end();
    await back();
    await back();
    await isBack();
  });

  it("stays paused where its user had paused it, committed or not", async () => {
    await here.monitor.execute("stop");
    await using trip = await prepare();
    await trip.send({ running: false });
    await trip.target.end();
    await takeBack(here.monitor, { disks: ["disk0"], running: false });
    assert.equal(await here.status(), "paused");
    await using again = await prepare();
    await again.send({ running: false });
    await machineCame(again.target.monitor);
    await goOnHere(again.target.monitor, false);
    assert.notEqual(await again.target.status(), "running");
    await here.end();
    here = again.target;
    await here.monitor.execute("cont");
    await goesOn(here);
  });

  it("goes on where it was when it is cancelled in the midst of its memory", async () => {
    await using trip = await prepare();
    trip.stream.holdAfter(1_000_000);
    const sent = trip.send();
    sent.catch(() => undefined);
    await trip.stream.held.promise;
    trip.abort.abort(new Error("cancelled"));
    trip.stream.cut();
    await assert.rejects(sent, /cancelled/);
    await back();
    await isBack();
  });

  for (const [what, when] of [
    [
      "the stream of its memory is cut",
      (trip: Trip) => void trip.stream.held.promise.then(() => trip.stream.cut()),
    ],
    ["the other QEMU is killed", (trip: Trip) => void trip.stream.held.promise.then(() => trip.target.end())],
  ] as const)
    it(`goes on where it was when ${what}`, async () => {
      await using trip = await prepare();
      trip.stream.holdAfter(4_000_000);
      when(trip);
      await assert.rejects(trip.send(), { code: "host.qemu_failed" });
      await back();
      await isBack();
    });

  it("goes on where it was when the way of its disks is cut while they are copied", async () => {
    await using trip = await prepare();
    trip.blocks.holdAfter(1_000_000);
    void trip.blocks.held.promise.then(() => trip.blocks.cut());
    await assert.rejects(trip.send(), { code: "host.qemu_failed" });
    await back();
    await isBack();
  });

  it("goes on where it was when the other side fails it while it stands still", async () => {
    await using trip = await prepare();
    await assert.rejects(
      trip.send({ atDisks: () => trip.target.end().then(() => Promise.reject(new Error("gone"))) }),
      (error: Error) => /gone|qemu/i.test(String(error)),
    );
    await back();
    await isBack();
  });

  it("can go once more after all that", async () => {
    await using trip = await prepare();
    const before = await sums(here);
    await trip.send({ bandwidth: 64 * 2 ** 20 });
    await machineCame(trip.target.monitor);
    await goOnHere(trip.target.monitor, true);
    await here.end();
    here = trip.target;
    assert.equal(await sums(here), before);
    await goesOn(here);
  });
});
