import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { entriesOf, entryChanges, foundEntries, nothing, type Entries } from "./entries.ts";
import { hostMac, type OverlayNetwork, type RemoteCard } from "./plan.ts";

const network = (...cards: RemoteCard[]): OverlayNetwork => ({
  tag: "aaaa",
  index: 3,
  gatewayMac: "02:00:00:00:00:01",
  mtu: 1500,
  apart: false,
  cards,
});
const others = [
  { id: "h2", address: "198.51.100.2" },
  { id: "h3", address: "198.51.100.3" },
];
const web = { mac: "52:54:00:00:00:01", addresses: ["10.64.0.5", "fe80::0:5"], host: "h2" };

/** A kernel's, as the commands leave them. */
function run(now: Entries, commands: readonly string[]): Entries {
  const state = { ports: new Set(now.ports), hosts: new Map(now.hosts), neighbours: new Map(now.neighbours) };
  for (const command of commands) {
    const [what, verb, subject = "", ...rest] = command.split(" ");
    const isSelf = rest.includes("self");
    if (what === "neigh") {
      if (verb === "replace") state.neighbours.set(subject, rest[1]!);
      else assert.ok(state.neighbours.delete(subject), command);
    } else if (isSelf) {
      if (verb === "replace") state.hosts.set(subject, rest.at(-1)!);
      else assert.ok(state.hosts.delete(subject), command);
    } else if (verb === "replace") state.ports.add(subject);
    else assert.ok(state.ports.delete(subject), command);
  }
  return state;
}

describe("who is behind a tunnel", () => {
  it("is told for each of a guest's addresses, and for each host's own MAC", () => {
    const { bridge, ip } = entryChanges(network(web), nothing, entriesOf(network(web), others));
    assert.ok(bridge.includes("fdb replace 52:54:00:00:00:01 dev lgxaaaa3 self dst 198.51.100.2"));
    assert.ok(bridge.includes("fdb replace 52:54:00:00:00:01 dev lgxaaaa3 master static"));
    assert.ok(bridge.includes(`fdb replace ${hostMac("h3")} dev lgxaaaa3 self dst 198.51.100.3`));
    assert.deepEqual(ip, [
      "neigh replace 10.64.0.5 lladdr 52:54:00:00:00:01 dev ldgaaaa3 nud permanent",
      "neigh replace fe80::5 lladdr 52:54:00:00:00:01 dev ldgaaaa3 nud permanent",
    ]);
  });

  it("changes by one entry where a guest moved between other hosts", () => {
    const before = entriesOf(network(web), others);
    const after = entriesOf(network({ ...web, host: "h3" }), others);
    const { bridge, ip } = entryChanges(network(), before, after);
    assert.deepEqual(bridge, ["fdb replace 52:54:00:00:00:01 dev lgxaaaa3 self dst 198.51.100.3"]);
    assert.deepEqual(ip, []);
  });

  it("is nobody whose host is not there", () => {
    assert.equal(entriesOf(network({ ...web, host: "h9" }), others).neighbours.size, 0);
  });

  it("becomes what it should be from whatever it was, and then needs nothing more", () => {
    const numbers = fc.integer({ min: 1, max: 6 });
    const cards = fc.uniqueArray(
      fc.record({ mac: numbers, last: numbers, host: fc.constantFrom("h2", "h3", "gone") }),
      { selector: ({ mac }) => mac },
    );
    const made = (list: readonly { mac: number; last: number; host: string }[]) =>
      network(
        ...list.map(({ mac, last, host }) => ({
          mac: `52:54:00:00:00:0${mac}`,
          addresses: [`10.64.0.${last}`],
          host,
        })),
      );
    fc.assert(
      fc.property(cards, cards, fc.subarray(others), (old, fresh, there) => {
        const now = entriesOf(made(old), others);
        const wanted = entriesOf(made(fresh), there);
        const { bridge, ip } = entryChanges(network(), now, wanted);
        const then = run(now, [...bridge, ...ip]);
        assert.deepEqual(
          [new Set(then.ports), new Map(then.hosts), new Map(then.neighbours)],
          [new Set(wanted.ports), new Map(wanted.hosts), new Map(wanted.neighbours)],
        );
        assert.deepEqual(entryChanges(network(), then, wanted), { bridge: [], ip: [] });
      }),
    );
  });

  it("is read again from what the kernel tells, but for the port's own MAC", () => {
    const found = foundEntries(
      network(),
      [
        { mac: "52:54:00:00:00:01", ifname: "lgxaaaa3", flags: [], master: "ldgaaaa3", state: "static" },
        { mac: hostMac("h1"), ifname: "lgxaaaa3", flags: [], master: "ldgaaaa3", state: "permanent" },
        {
          mac: "52:54:00:00:00:01",
          ifname: "lgxaaaa3",
          flags: ["self"],
          dst: "198.51.100.2",
          state: "permanent",
        },
        { mac: "52:54:00:00:00:02", ifname: "laaaa12345678", flags: [], master: "ldgaaaa3", state: "static" },
      ],
      [
        { dst: "10.64.0.5", dev: "ldgaaaa3", lladdr: "52:54:00:00:00:01" },
        { dst: "10.65.0.5", dev: "ldgaaaa4", lladdr: "52:54:00:00:00:09" },
      ],
    );
    assert.deepEqual([...found.ports], ["52:54:00:00:00:01"]);
    assert.deepEqual([...found.hosts], [["52:54:00:00:00:01", "198.51.100.2"]]);
    assert.deepEqual([...found.neighbours], [["10.64.0.5", "52:54:00:00:00:01"]]);
  });
});
