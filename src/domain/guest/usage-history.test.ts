import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { fineStep, UsageHistory } from "./usage-history.ts";

const begun = Date.parse("2026-01-01T00:00:00Z");
const after = (seconds: number): number => begun + seconds * 1000;

const usage = (seconds: number, cpuSeconds: number, guests = ["g1"]): Schemas["Usage"] => ({
  at: new Date(after(seconds)).toISOString(),
  host: { cpuSeconds: 2 * cpuSeconds, cpus: 4, memory: 1000, memoryAvailable: 400 },
  guests: guests.map((guest) => ({ guest, cpuSeconds, memory: 64, memoryOwn: 32, diskRead: 100 * seconds })),
});

describe("what was taken over time", () => {
  it("is rates between samples, and memory as it was", () => {
    const history = new UsageHistory();
    history.add(usage(0, 0));
    assert.deepEqual(history.of("g1", "hour", after(0)).points, []);
    history.add(usage(20, 10));
    const [point] = history.of("g1", "hour", after(20)).points;
    assert.equal(point?.cpu, 0.5);
    assert.equal(point.memory, 64);
    assert.equal(point.diskRead, 100);
    assert.equal(point.netSent, 0);
    const [host] = history.ofHost("hour", after(20)).points;
    assert.deepEqual([host?.cpu, host?.memory], [1, 600]);
  });

  it("tells for how long a guest has had no work", () => {
    const history = new UsageHistory();
    assert.equal(history.idle("g1", after(0)), 0);
    for (const [at, cpuSeconds] of [
      [0, 0],
      [20, 10],
      [40, 10.1],
      [60, 10.2],
    ] as const)
      history.add(usage(at, cpuSeconds));
    assert.equal(history.idle("g1", after(70)), 50_000);
    history.add(usage(80, 15));
    assert.equal(history.idle("g1", after(80)), 0);
  });

  it("begins anew with a guest's process, and stays for as long as it is of the time that is asked for", () => {
    const history = new UsageHistory();
    history.add(usage(0, 50));
    history.add(usage(20, 1));
    assert.equal(history.of("g1", "hour", after(20)).points[0]?.cpu, 0);
    history.add(usage(40, 2, []));
    assert.equal(history.of("g1", "hour", after(40)).points.length, 1);
    assert.equal(history.of("g1", "hour", after(20 + 3_601)).points.length, 0);
    const before = history.toBytes().length;
    history.add(usage(20 + 86_401, 2, []));
    assert.ok(history.toBytes().length < before);
  });

  it("forgets those first that ended first, where more have ended than it keeps", () => {
    const history = new UsageHistory();
    const many = Array.from({ length: 2_001 }, (_, i) => `g${i}`);
    history.add(usage(0, 0, many));
    history.add(usage(20, 10, many));
    history.add(usage(40, 20, many.slice(1)));
    history.add(usage(60, 30, ["g2"]));
    assert.equal(history.of("g0", "hour", after(60)).points.length, 1);
    history.add(usage(80, 40, []));
    assert.equal(history.of("g0", "hour", after(80)).points.length, 0);
    assert.equal(history.of("g1", "hour", after(80)).points.length, 2);
    assert.equal(history.of("g2", "hour", after(80)).points.length, 3);
  });

  it("is the same from bytes, but for what is too old by then, and goes on", () => {
    const history = new UsageHistory();
    for (let at = 0; at <= 3_000; at += fineStep) history.add(usage(at, at / 2, ["g1", "g2"]));
    const again = UsageHistory.fromBytes(history.toBytes(), after(3_000));
    for (const range of ["hour", "day"] as const)
      for (const id of ["g1", "g2"])
        assert.deepEqual(again.of(id, range, after(3_000)), history.of(id, range, after(3_000)));
    const later = UsageHistory.fromBytes(history.toBytes(), after(6_000));
    assert.equal(later.of("g1", "hour", after(6_000)).points.length, (3_000 - 2_400) / fineStep + 1);
    later.add(usage(6_000, 3_000, ["g1"]));
    assert.equal(later.of("g1", "hour", after(6_000)).points.at(-1)?.cpu, 0.5);
    const before = UsageHistory.fromBytes(history.toBytes(), after(100));
    before.add(usage(100, 0));
    before.add(usage(120, 10));
    assert.equal(before.of("g1", "hour", after(120)).points.length, 1, "the clock was ahead");
    assert.throws(() => UsageHistory.fromBytes(Buffer.from("nonsense"), 0), SyntaxError);
    assert.throws(() => UsageHistory.fromBytes(Buffer.from('{"format":"another"}\n'), 0), SyntaxError);
  });

  it("keeps an hour finely, and of a day the means of ten minutes", () => {
    const history = new UsageHistory();
    const samples = (2 * 3_600) / fineStep;
    for (let at = 0; at <= samples; at++) history.add(usage(at * fineStep, at * fineStep));
    const hour = history.of("g1", "hour", after(7_200));
    assert.equal(hour.points.length, 3_600 / fineStep);
    assert.equal(hour.points.at(-1)?.at, new Date(begun + 7_200_000).toISOString());
    assert.equal(hour.points[0]?.at, new Date(begun + 3_620_000).toISOString());
    const day = history.of("g1", "day", after(7_200));
    assert.equal(day.points.length, 12);
    assert.ok(day.points.every(({ cpu, memory }) => cpu === 1 && memory === 64));
  });
});
