import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { silentLog } from "#base/log";
import type { Schemas } from "#contract/schemas";
import { UsageKeeper } from "./keep-usage.ts";

const begun = Date.parse("2026-01-01T00:00:00Z");

describe("what guests take", () => {
  let folder = "";
  before(() => (folder = mkdtempSync(join(tmpdir(), "lodge-usage-"))));
  after(() => rmSync(folder, { recursive: true }));

  /** Time does not go on. */
  const untilClosed = (_: number, signal?: AbortSignal) =>
    new Promise<void>((_done, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

  /** A keeper that has taken its first sample. */
  async function open(name: string, seconds: number): Promise<UsageKeeper> {
    const sample = async (): Promise<Schemas["Usage"]> => ({
      at: new Date(begun + seconds * 1000).toISOString(),
      host: { cpuSeconds: seconds, cpus: 2, memory: 100, memoryAvailable: 50 },
      guests: [{ guest: "g1", cpuSeconds: seconds / 4, memory: 10, memoryOwn: 10 }],
    });
    const clock = { now: () => begun + seconds * 1000, sleep: untilClosed };
    const keeper = new UsageKeeper({ sampler: { sample }, file: join(folder, name), clock, log: silentLog });
    await keeper.open();
    await setImmediate();
    return keeper;
  }

  const cpuOf = (keeper: UsageKeeper, seconds: number) =>
    keeper.history.of("g1", "hour", begun + seconds * 1000).points.map(({ cpu }) => cpu);

  it("is known to the daemon that comes after, with what was taken between the two", async () => {
    await (await open("usage", 0)).close();
    const second = await open("usage", 40);
    assert.deepEqual(cpuOf(second, 40), [0.25]);
    await second.close();
    const third = await open("usage", 60);
    assert.deepEqual(cpuOf(third, 60), [0.25, 0.25]);
    await third.close();
  });

  it("is known a few seconds after a guest's start, and of others no more often than before", async () => {
    let seconds = 0;
    let guests = ["g1"];
    const sample = async (): Promise<Schemas["Usage"]> => ({
      at: new Date(begun + seconds * 1000).toISOString(),
      host: { cpuSeconds: seconds, cpus: 2, memory: 100, memoryAvailable: 50 },
      guests: guests.map((guest) => ({ guest, cpuSeconds: seconds / 4, memory: 10, memoryOwn: 10 })),
    });
    const waits: { ms: number; over: () => void }[] = [];
    const clock = {
      now: () => begun + seconds * 1000,
      sleep: (ms: number) => new Promise<void>((over) => waits.push({ ms, over })),
    };
    /** Lets the time pass that is waited for. */
    const pass = async () => {
      while (waits.length === 0) await setImmediate();
      const { ms, over } = waits.shift()!;
      seconds += ms / 1000;
      over();
      await setImmediate();
    };
    const keeper = new UsageKeeper({
      sampler: { sample },
      file: join(folder, "early"),
      clock,
      log: silentLog,
    });
    await keeper.open();
    await pass();
    assert.deepEqual(cpuOf(keeper, seconds), [0.25]);
    assert.equal(keeper.history.ofHost("hour", clock.now()).points.length, 1);
    guests = ["g1", "g2"];
    keeper.runs("g1");
    keeper.runs("g2");
    await pass();
    assert.equal(keeper.history.of("g2", "hour", clock.now()).points.length, 1);
    assert.equal(cpuOf(keeper, seconds).length, 1);
    assert.equal(waits.length, 0);
    await keeper.close();
  });

  it("begins anew where the file is nonsense, and hinders nobody where it cannot be written", async () => {
    writeFileSync(join(folder, "nonsense"), "nonsense\nmore");
    const keeper = await open("nonsense", 0);
    assert.deepEqual(cpuOf(keeper, 0), []);
    await keeper.close();
    const nowhere = await open("no/such/folder", 0);
    await nowhere.close();
    assert.ok(!existsSync(join(folder, "no")));
  });
});
