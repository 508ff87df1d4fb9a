import assert from "node:assert/strict";
import { it } from "node:test";
import { wholeSight } from "#domain/access/sight";
import type { NetworkRecord } from "#domain/network/record";
import { shownNetworks } from "./shown-networks.ts";

it("a network is shown with where it leads out and the guests that run in it", async () => {
  const records: NetworkRecord[] = [
    { name: "default", kind: "nat", index: 0, subnet: "10.77.3.0/24" },
    { name: "user", kind: "user", index: 1 },
  ];
  const { list } = shownNetworks({
    networks: {
      list: async () => records,
      problemOf: () => undefined,
      bridgeOf: ({ kind }) => (kind === "nat" ? "lga1b2c0" : undefined),
    },
    views: { caughtUp: (async () => undefined) as never, guests: new Map() as never },
  });
  assert.deepEqual(await list(wholeSight()), [
    {
      id: "default",
      name: "default",
      project: "default",
      kind: "nat",
      guests: 0,
      subnet: "10.77.3.0/24",
      gateway: "10.77.3.1",
      bridge: "lga1b2c0",
    },
    { id: "user", name: "user", kind: "user", guests: 0 },
  ]);
});
