/** Does a fence end its guests when nobody says in time that they may go on, whatever was stopped or killed? */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, it } from "node:test";
import { bootTime } from "#base/libc";
import { silentLog } from "#base/log";
import { endProcess, isAlive, processRef, signalProcess, waitGone, type ProcessRef } from "#base/process";
import { Fence } from "#hypervisor/fence/fence";
import type { Held } from "#hypervisor/fence/watch";

let run = "";
let fence: Fence;
let ended: string[];
const started: ChildProcess[] = [];
const fences = new Map<number, ProcessRef>();

beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "lodge-fence-"));
  // Told apart from all else by its name, as QEMU is.
  await copyFile("/bin/sleep", join(run, "qemu-system-none"));
  ended = [];
  fence = newFence();
});

afterEach(async () => {
  fence.close();
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const ref of fences.values()) await endProcess(ref, 0);
  fences.clear();
  await rm(run, { recursive: true, force: true });
});

const newFence = () =>
  new Fence({ run, logFile: join(run, "fence.log"), log: silentLog, onEnded: (ids) => ended.push(...ids) });

/** A process that has the marks of a guest's QEMU. */
async function machine(id: string): Promise<{ child: ChildProcess; held: Required<Held> }> {
  const mark = `path=${run}/${id}/`;
  const child = spawn(join(run, "qemu-system-none"), ["600"], { argv0: `${mark}qmp.sock`, stdio: "ignore" });
  started.push(child);
  await once(child, "spawn");
  return { child, held: { id, mark, process: processRef(child.pid!)! } };
}

async function tell(until: number, guests: readonly Held[], by = fence): Promise<ProcessRef> {
  await by.tell({ until, guests });
  const { process } = by;
  fences.set(process!.pid, process!);
  return process!;
}

/** Tells the fence over and over in a process of its own; resolves once it has told it. */
async function teller(span: number, guests: readonly Held[]): Promise<ChildProcess & { adopted: boolean }> {
  const args = ["--disable-warning=ExperimentalWarning", "--experimental-ffi", "test/fakes/fence-teller.ts"];
  const child = spawn(process.execPath, [...args, run, String(span), JSON.stringify(guests)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  let adopted = false;
  for await (const said of createInterface({ input: child.stdout })) {
    adopted ||= said === "adopted true";
    const [, pid] = /^told (\d+)/.exec(said) ?? [];
    if (pid === undefined) continue;
    fences.set(Number(pid), processRef(Number(pid))!);
    break;
  }
  child.stdout.resume();
  return Object.assign(child, { adopted });
}

const gone = async (child: ChildProcess): Promise<number> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return bootTime();
};

describe("a fence", () => {
  it("ends a guest at the deadline and not before, says so, and ends whichever begins after it", async () => {
    const { child, held } = await machine("g1");
    const until = bootTime() + 400;
    await tell(until, [held]);
    const at = await gone(child);
    assert.equal(child.signalCode, "SIGKILL");
    assert.ok(at >= until, `${until - at} ms early`);
    // One that was started from a record a moment ago, and that nobody has told of by its id.
    const late = await machine("g1");
    const other = await machine("g2");
    await gone(late.child);
    assert.equal(late.child.signalCode, "SIGKILL");
    assert.ok(isAlive(other.held.process), "another guest's process is not its");
    await tell(until, [held]);
    assert.deepEqual(ended, ["g1", "g1"]);
    assert.match(await readFile(join(run, "fence.log"), "utf8"), /ended g1: whether this host/);
  });

  it("lets guests go on for as long as it is told in time, and holds again once it is told anew", async () => {
    const { child, held } = await machine("g1");
    const span = 1500;
    const begun = bootTime();
    // On and on, well past what it was told first.
    while (bootTime() < begun + 2 * span) {
      await tell(bootTime() + span, [held]);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(isAlive(held.process));
    await gone(child);
    const next = await machine("g1");
    await tell(bootTime() + 60_000, [next.held]);
    // Were it to refuse still, it would have looked by then.
    await tell(bootTime() + 60_000, [next.held]);
    assert.equal(await waitGone(next.held.process, 400), false);
  });

  it("does not ask the daemon: not one that is stopped, not one that was killed", async () => {
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
      const { child, held } = await machine("g1");
      const daemon = await teller(500, [held]);
      daemon.kill(signal);
      await gone(child);
      assert.equal(child.signalCode, "SIGKILL", signal);
      daemon.kill("SIGKILL");
    }
  });

  it("is taken up by the next daemon, which may tell it in time", async () => {
    const { held } = await machine("g1");
    const first = await teller(3000, [held]);
    const [pid] = fences.keys();
    first.kill("SIGKILL");
    await gone(first);
    const next = await teller(60_000, [held]);
    assert.ok(next.adopted);
    assert.deepEqual([...fences.keys()], [pid]);
    assert.equal(await waitGone(held.process, 3200), false);
  });

  it("that was stopped with everything ends its guests first when it wakes, and none where it was told in time meanwhile", async () => {
    const { child, held } = await machine("g1");
    const kept = await machine("g2");
    const one = await teller(2000, [held]);
    const [ref] = fences.values();
    signalProcess(ref!, "SIGSTOP");
    one.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.ok(isAlive(held.process));
    signalProcess(ref!, "SIGCONT");
    await gone(child);
    one.kill("SIGKILL");

    const own = await tell(bootTime() + 3000, [kept.held]);
    signalProcess(own, "SIGSTOP");
    // Its answer does not come: another is put in its place, and the old one ended before it can wake.
    const other = await tell(bootTime() + 60_000, [kept.held]);
    assert.notEqual(other.pid, own.pid);
    assert.ok(await waitGone(own, 2000));
    assert.equal(await waitGone(kept.held.process, 3200), false);
  });

  it("that was killed has a successor that knows the same", async () => {
    const { child, held } = await machine("g1");
    const first = await tell(bootTime() + 60_000, [held]);
    await endProcess(first, 0);
    const next = await tell(bootTime() + 300, [held]);
    assert.notEqual(next.pid, first.pid);
    await gone(child);
  });

  it("is not started for no guests", async () => {
    await fence.tell({ until: bootTime() + 1000, guests: [] });
    assert.equal(fence.process, undefined);
  });

  it("hits nobody who has got the id of a process that is gone", async () => {
    const { held } = await machine("g1");
    const bystander = await machine("g2");
    const stale = { ...held, process: { pid: bystander.held.process.pid, startTime: "1" } };
    const victim = await machine("g1");
    await tell(bootTime() + 200, [stale]);
    await gone(victim.child);
    assert.ok(isAlive(bystander.held.process));
  });
});
