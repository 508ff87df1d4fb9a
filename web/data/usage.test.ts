import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Usage } from "#contract/schema/feed";
import { hostId, kept, UsageHistory } from "./usage.ts";

const at = (second: number): string => new Date(1_700_000_000_000 + second * 1000).toISOString();
const moment = (second: number, cpuSeconds: number, guests: Usage["guests"] = []): Usage => ({
  at: at(second),
  host: { cpuSeconds, cpus: 2, memory: 1000, memoryAvailable: 400 },
  guests,
});
const guest = (cpuSeconds: number, diskRead = 0) => ({
  guest: "g1",
  cpuSeconds,
  memory: 300,
  memoryOwn: 100,
  diskRead,
});

describe("what was used", () => {
  it("is a rate between two moments, whatever lies between them", () => {
    const history = new UsageHistory();
    history.add(moment(0, 10, [guest(5, 1000)]));
    assert.deepEqual(history.of("g1"), []);
    history.add(moment(2, 13, [guest(6, 5096)]));
    const [sample] = history.of("g1");
    assert.equal(sample?.cpu, 0.5);
    assert.equal(sample?.diskRead, 2048);
    assert.equal(sample?.memory, 300);
    assert.equal(history.of(hostId)[0]?.cpu, 1.5);
    assert.equal(history.of(hostId)[0]?.memory, 600);
  });

  it("goes on where a guest has moved to another host, without what that host's counters had before", () => {
    const history = new UsageHistory();
    history.add(moment(0, 10, [guest(5)]));
    history.add(moment(1, 10, [guest(6)]));
    history.add(moment(2, 10, [guest(500)]), "h2");
    history.add(moment(3, 10));
    history.add(moment(3, 10, [guest(500.5)]), "h2");
    assert.deepEqual(
      history.of("g1").map(({ cpu }) => cpu),
      [1, 0.5],
    );
    history.add(moment(4, 10), "h2");
    assert.deepEqual(history.of("g1"), []);
  });

  it("is nothing where a counter has begun anew", () => {
    const history = new UsageHistory();
    history.add(moment(0, 10, [guest(500)]));
    history.add(moment(1, 11, [guest(1)]));
    assert.equal(history.of("g1")[0]?.cpu, 0);
  });

  it("ends with the guest's process, and is kept for some minutes", () => {
    const history = new UsageHistory();
    for (let second = 0; second < kept + 50; second++) history.add(moment(second, second, [guest(second)]));
    assert.equal(history.of("g1").length, kept);
    history.add(moment(kept + 50, 0));
    assert.deepEqual(history.of("g1"), []);
  });

  it("passes over what was told twice", () => {
    const history = new UsageHistory();
    history.add(moment(0, 1));
    history.add(moment(1, 2));
    history.add(moment(1, 2));
    assert.equal(history.of(hostId).length, 1);
  });
});
