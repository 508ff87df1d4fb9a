import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { guardPlan, type GuardedGuest, type GuardedNetwork, type Records } from "./plan.ts";
import type { FirewallRecord } from "./record.ts";
import { newRule } from "./rules.ts";

const network: GuardedNetwork = {
  name: "default",
  project: "shop",
  subnets: ["10.0.0.0/24"],
  gateways: ["10.0.0.1"],
  gives: true,
  chosenLocals: true,
  apart: false,
};
const guest = (name: string, n: number, more: Partial<GuardedGuest> = {}): GuardedGuest => ({
  id: `g${name}`,
  name,
  project: "shop",
  nics: [{ id: "nic0", network: "default", mac: `52:54:00:00:00:0${n}`, address: `10.0.0.${n}` }],
  ...more,
});
const group = (name: string, ...peers: string[]): FirewallRecord => ({
  id: `f${name}`,
  name,
  project: "shop",
  description: "",
  createdAt: "",
  rules: peers.map((peer) => newRule({ direction: "in", peer })),
});
const plan = (records: Partial<Records>) =>
  guardPlan({ tag: "abcde", guests: [], networks: [network], groups: [], ...records });
const members = (records: Partial<Records>) => plan(records).peers.map((peer) => peer.members);

describe("the guard's plan", () => {
  it("pins a NIC to its addresses, and to its MAC alone where nobody here gives it any", () => {
    assert.deepEqual(plan({ guests: [guest("web", 2)] }).ports[0]?.addresses, ["10.0.0.2"]);
    const lan = { ...network, gives: false };
    assert.equal(plan({ guests: [guest("web", 2)], networks: [lan] }).ports[0]?.addresses, undefined);
  });

  it("is the same for a record that did not change, unless a network or a group of its did", () => {
    const guests = [guest("web", 2, { firewalls: ["web"] })];
    const [port] = plan({ guests, groups: [group("web")] }).ports;
    assert.equal(plan({ guests, groups: [group("web", "any")] }).ports[0], port);
    assert.deepEqual(plan({ guests }).ports[0]?.groups, ["nobody"]);
    const networks = [{ ...network, gives: false }];
    assert.equal(plan({ guests, networks, groups: [group("web")] }).ports[0]?.addresses, undefined);
  });

  it("knows nothing of a NIC that is in no bridge", () => {
    assert.deepEqual(plan({ guests: [guest("web", 2)], networks: [] }).ports, []);
  });

  it("has the groups of a guest and of its network, each once", () => {
    const networks = [{ ...network, firewalls: ["base", "web"] }];
    const guests = [guest("web", 2, { firewalls: ["web"] })];
    const { ports } = plan({ guests, networks, groups: [group("web"), group("base"), group("other")] });
    assert.deepEqual(ports[0]?.groups, ["fweb", "fbase"]);
  });

  it("lets nothing in where a group is named that is not there", () => {
    const { ports, groups } = plan({ guests: [guest("web", 2, { firewalls: ["gone"] })] });
    assert.deepEqual(ports[0]?.groups, ["nobody"]);
    assert.deepEqual(groups, [{ id: "nobody", rules: [] }]);
  });

  it("takes nobody of another project for a guest or a group that a rule names", () => {
    const guests = [
      guest("web", 2, { firewalls: ["web"] }),
      guest("db", 3),
      guest("db", 4, { id: "gother", project: "other" }),
    ];
    const own = ["10.0.0.3", "fe80::5054:ff:fe00:3"];
    assert.deepEqual(members({ guests, groups: [group("web", "guest:db")] }), [own]);
    assert.deepEqual(members({ guests, groups: [group("web", "group:none", "guest:gother")] }), [[], []]);
  });

  it("takes a network's subnets, and who has a label, for what a rule names", () => {
    const guests = [guest("web", 2, { firewalls: ["web"] }), guest("db", 3, { labels: { tier: "back" } })];
    const groups = [group("web", "network:default", "label:tier=back", "label:tier=")];
    assert.deepEqual(members({ guests, groups }), [
      ["10.0.0.0/24"],
      ["10.0.0.3", "fe80::5054:ff:fe00:3"],
      [],
    ]);
  });
});
