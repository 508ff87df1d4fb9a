import assert from "node:assert/strict";
import { test } from "node:test";
import { wholeSight } from "#domain/access/sight";
import { parseExposition } from "../../../test/fakes/parse-exposition.ts";
import type { MetricsService } from "../services.ts";
import { Latency } from "./latency.ts";
import { metricsText } from "./metrics.ts";

test("what was dropped at a guest's NICs is told of each, where something could be", async () => {
  const guest = { id: "g1", name: "web", project: "default", state: "running", cpus: 1, memory: 1 };
  const drops = [
    [
      { nic: "nic0", refused: 3, denied: 2 },
      { nic: "nic1", denied: 1 },
    ],
    [],
  ];
  const usage = { at: "", host: {}, guests: [] };
  const collected = { guests: [guest, { ...guest, id: "g2", name: "db" }], usage, operations: {}, drops };
  const service = { collect: async () => collected, host: async () => undefined };
  const text = await metricsText(service as unknown as MetricsService, new Latency(), wholeSight());
  const told = parseExposition(text);
  const samples = (name: string) =>
    told.get(name)?.samples.map(({ labels, value }) => [labels["guest"], labels["nic"], value]);
  assert.deepEqual(samples("lodge_guest_network_refused_frames_total"), [["web", "nic0", 3]]);
  assert.deepEqual(samples("lodge_guest_network_denied_packets_total"), [
    ["web", "nic0", 2],
    ["web", "nic1", 1],
  ]);
});
