/** Does a guest get from one host to another, and is it on exactly one of them whatever fails? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { QemuDisplay } from "#domain/console/qemu-display";
import { followTo } from "#domain/guest/far-end";
import { endProcess } from "#base/process";
import { chainOf } from "#domain/volume/layer";
import { SingleInjection, type Moment } from "#durable/operation/inject";
import { text } from "../daemon.ts";
import { tinyGuest } from "../tiny-guest.ts";
import { Host, id, twoHosts } from "./two-hosts.ts";

describe("a guest that goes to another host", () => {
  let folder = "";
  let here: Host;
  let there: Host;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-move-"));
    [here, there] = await twoHosts(folder, randomBytes(32));
    await here.boot(await tinyGuest());
    await here.sh("head -c 9000000 /dev/urandom >/dev/shm/pattern");
    await here.sh(
      "(i=0; while :; do i=$((i+1)); echo $i >/dev/shm/count; usleep 2000; done) >/dev/null 2>&1 &",
    );
    await here.sh("dd if=/dev/shm/pattern of=/dev/vda bs=1M seek=8 2>/dev/null; sync");
  });
  after(async () => {
    await here.dispose();
    await there.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const swap = () => {
    [here, there] = [there, here];
  };
  const sums = (host: Host) =>
    host.sh(
      "md5sum </dev/shm/pattern; echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=1M skip=8 count=9 2>/dev/null | md5sum",
    );
  /** It is on this host and on no other, and what ran in it runs. */
  async function isOn(host: Host): Promise<void> {
    await host.assertHas();
    await host.other.assertEmpty();
    assert.equal(await host.fleet.require(id).status(), "running");
    assert.equal((await host.record()).state, "running");
    // While it is written, the file is empty for a moment.
    await host.sh(
      "for i in 1 2 3 4 5; do a=$(cat /dev/shm/count); sleep 0.2; b=$(cat /dev/shm/count); " +
        '[ "${b:-0}" -gt "${a:-0}" ] && exit 0; done; exit 1',
    );
  }

  it("runs there, with all that it had, and nothing of it is left here", async (t) => {
    const had = await sums(here);
    const { completion } = await here.begin();
    const operation = await completion;
    assert.equal(operation.status, "succeeded", JSON.stringify(operation.error));
    await there.engine.idle();
    assert.equal(await sums(there), had);
    await isOn(there);
    assert.equal((await there.record()).generation, 2);
    t.diagnostic(JSON.stringify(operation.result));
    swap();
  });

  it("is watched throughout: its console and its display go on where it has gone", async () => {
    const watching = new AbortController();
    const console = await here.console(watching.signal);
    let seen = "";
    console.on("data", (bytes: Buffer) => (seen += String(bytes)));
    const says = async (word: string) => {
      console.write(`echo ${word} | tr a-z A-Z\r`);
      for (let tries = 0; !seen.includes(word.toUpperCase()); tries++) {
        assert.ok(tries < 400, `the console says: ${seen}`);
        await delay(50);
      }
    };
    await says("before");
    const { completion } = await here.begin();
    assert.equal((await completion).status, "succeeded");
    await there.engine.idle();
    await says("after");
    const { fleet } = here;
    const display = await followTo(fleet, here.farEnd, id, "display", watching.signal);
    const qemu = await QemuDisplay.over(display!, watching.signal);
    assert.ok(qemu.screen.width > 0);
    qemu.close();
    watching.abort();
    await isOn(there);
    swap();
  });

  it("has its commands go on: no byte is lost or doubled through two moves, and the shell is the same", async () => {
    const lines = 300;
    const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo $i; echo e$i >&2; usleep 1000; done; exit 7`;
    const call = { timeout: 10_000 };
    const [first] = [here];
    const counting = await first.fleet.require(id).inside.exec({ argv: ["sh", "-c", script] }, call);
    const shell = await first.fleet
      .require(id)
      .inside.exec({ argv: ["sh"], tty: { rows: 24, cols: 80, term: "vt100" } }, call);
    const copied = await first.fleet.require(id).inside.exec({ argv: ["cat"] }, call);
    const [out, err, back] = [counting.stdout, counting.stderr, copied.stdout].map(text);
    let seen = "";
    shell.stdout.on("data", (bytes: Buffer) => (seen += String(bytes)));
    const sends = Array.from({ length: 2000 }, (_, at) => `${at}\n`);
    const says = async (word: string) => {
      for (const line of sends.splice(0, 500)) copied.stdin.write(line);
      shell.stdin.write(`echo ${word} $mine | tr a-z A-Z\n`);
      for (let tries = 0; !seen.includes(word.toUpperCase()); tries++) {
        assert.ok(tries < 400, `the shell says: ${seen}`);
        await delay(50);
      }
    };
    shell.stdin.write("mine=itself\n");
    await says("before");
    for (const word of ["away", "home"]) {
      const { completion } = await here.begin();
      assert.equal((await completion).status, "succeeded");
      await there.engine.idle();
      swap();
      await says(word);
      await here.sh("true");
    }
    assert.equal(first, here);
    assert.match(seen, /HOME ITSELF/);
    copied.stdin.end(sends.join(""));
    shell.stdin.write("exit 5\n");
    assert.deepEqual(await Promise.all([counting.exit, shell.exit, copied.exit]), [
      { code: 7 },
      { code: 5 },
      { code: 0 },
    ]);
    const counted = Array.from({ length: lines }, (_, at) => at + 1);
    assert.equal(await out, counted.map((at) => `${at}\n`).join(""));
    assert.equal(await err, counted.map((at) => `e${at}\n`).join(""));
    assert.equal(await back, Array.from({ length: 2000 }, (_, at) => `${at}\n`).join(""));
    await isOn(here);
  });

  it("comes back, with what it wrote meanwhile", async () => {
    await here.sh("dd if=/dev/urandom of=/dev/vda bs=1M seek=8 count=2 conv=notrunc 2>/dev/null; sync");
    const had = await sums(here);
    const { completion } = await here.begin();
    assert.equal((await completion).status, "succeeded");
    await there.engine.idle();
    assert.equal(await sums(there), had);
    await isOn(there);
    swap();
  });

  const moments: readonly (readonly [string, Moment])[] = [
    ["look", "after do"],
    ["prepare", "before save"],
    ["prepare", "after save"],
    ["prepare", "after do"],
    ["send", "before save"],
    ["send", "after save"],
    ["leave", "before do"],
    ["leave", "after do"],
  ];
  for (const [step, moment] of moments) {
    it(`is on one host when the source's daemon is killed in step ${step}, ${moment}`, async () => {
      await here.kill();
      await here.start(new SingleInjection(step, moment, () => "crash"));
      const { completion } = await here.begin();
      const early = await Promise.race([here.engine.halted, completion]);
      assert.equal(early, undefined, JSON.stringify(early));
      await here.kill();
      const [ended] = await here.start();
      await there.engine.idle();
      if (ended!.status === "succeeded") swap();
      await isOn(here);
    });
  }

  const moments2: readonly (readonly [string, Moment])[] = [
    ["files", "before do"],
    ["files", "after save"],
    ["files", "after do"],
    ["machine", "after do"],
    ["arrive", "before do"],
    ["arrive", "after do"],
  ];
  for (const [step, moment] of moments2) {
    it(`is on one host when the target's daemon is killed in step ${step}, ${moment}`, async () => {
      await there.kill();
      await there.start(new SingleInjection(step, moment, () => "crash"));
      const { completion } = await here.begin();
      const early = await Promise.race([there.engine.halted, completion]);
      assert.equal(early, undefined, JSON.stringify(early));
      await there.kill();
      const operation = await completion;
      await there.start();
      await here.engine.idle();
      if (operation.status === "succeeded") swap();
      await isOn(here);
    });
  }

  for (const what of ["talk", "memory", "disks", "file"])
    it(`goes on here when the connection for ${what} is cut`, async () => {
      there.onLane = (kind, lane) => {
        if (kind === what) setImmediate(() => lane.destroy());
      };
      const { completion } = await here.begin();
      const operation = await completion;
      there.onLane = () => undefined;
      await there.engine.idle();
      assert.equal(operation.status, "failed");
      await isOn(here);
    });

  it("goes on here when it is cancelled", async () => {
    const sends = Promise.withResolvers<void>();
    there.onLane = (kind) => kind === "disks" && sends.resolve();
    const { id: operation, completion } = await here.begin({ bandwidth: 1024 * 1024 });
    await sends.promise;
    await here.engine.cancel(operation);
    assert.equal((await completion).status, "cancelled");
    there.onLane = () => undefined;
    await there.engine.idle();
    await isOn(here);
  });

  it("stays paused where its user had paused it", async () => {
    await here.fleet.require(id).monitor.execute("stop");
    await here.fleet.become(id, "paused");
    const { completion } = await here.begin();
    assert.equal((await completion).status, "succeeded");
    await there.engine.idle();
    swap();
    assert.equal((await here.record()).state, "paused");
    assert.notEqual(await here.fleet.require(id).status(), "running");
    await here.fleet.require(id).monitor.execute("cont");
    await here.fleet.become(id, "running");
    await isOn(here);
  });

  it("stays here, with its disk, when its QEMU ends before that has sent it", async () => {
    const { process } = here.fleet.require(id);
    // All that goes along has been looked at by then, and a file is about to be made there for what the QEMU sends.
    there.onLane = (kind) => kind === "talk" && void endProcess(process, 0);
    const { completion } = await here.begin();
    const operation = await completion;
    there.onLane = () => undefined;
    await there.engine.idle();
    await here.fleet.settled(id);
    assert.equal(operation.status, "failed");
    await there.assertEmpty();
    const { disks, state } = await here.record();
    assert.equal(state, "crashed");
    for (const { path } of await chainOf(here.store, disks[0]!.layer)) await access(path);
  });
});
