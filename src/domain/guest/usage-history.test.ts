import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { fineStep, UsageHistory } from "./usage-history.ts";

const begun = Date.parse("2026-01-01T00:00:00Z");

const usage = (seconds: number, cpuSeconds: number, guests = ["g1"]): Schemas["Usage"] => ({
  at: new Date(begun + seconds * 1000).toISOString(),
  host: { cpuSeconds: 2 * cpuSeconds, cpus: 4, memory: 1000, memoryAvailable: 400 },
  guests: guests.map((guest) => ({ guest, cpuSeconds, memory: 64, memoryOwn: 32, diskRead: 100 * seconds })),
});

describe("what was taken over time", () => {
  it("is rates between samples, and memory as it was", () => {
    const history = new UsageHistory();
    history.add(usage(0, 0));
    assert.deepEqual(history.of("g1", "hour").points, []);
    history.add(usage(20, 10));
    const [point] = history.of("g1", "hour").points;
    assert.equal(point?.cpu, 0.5);
    assert.equal(point.memory, 64);
    assert.equal(point.diskRead, 100);
    assert.equal(point.netSent, 0);
    const [host] = history.ofHost("hour").points;
    assert.deepEqual([host?.cpu, host?.memory], [1, 600]);
  });

  it("begins anew with a guest's process, and is gone with the guest", () => {
    const history = new UsageHistory();
    history.add(usage(0, 50));
    history.add(usage(20, 1));
    assert.equal(history.of("g1", "hour").points[0]?.cpu, 0);
    history.add(usage(40, 2, []));
    assert.deepEqual(history.of("g1", "hour").points, []);
  });

  it("keeps an hour finely, and of a day the means of ten minutes", () => {
    const history = new UsageHistory();
    const samples = (2 * 3_600) / fineStep;
    for (let at = 0; at <= samples; at++) history.add(usage(at * fineStep, at * fineStep));
    const hour = history.of("g1", "hour");
    assert.equal(hour.points.length, 3_600 / fineStep);
    assert.equal(hour.points.at(-1)?.at, new Date(begun + 7_200_000).toISOString());
    assert.equal(hour.points[0]?.at, new Date(begun + 3_620_000).toISOString());
    const day = history.of("g1", "day");
    assert.equal(day.points.length, 12);
    assert.ok(day.points.every(({ cpu, memory }) => cpu === 1 && memory === 64));
  });
});
