import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wireguardAddress } from "#hypervisor/net/overlay/wireguard";
import type { NetworkPlan } from "#hypervisor/net/plan";
import type { NetworkRecord } from "../record.ts";
import type { RemoteMember } from "./elsewhere.ts";
import { ends, overlayPlan, spanMtu, type Between } from "./plan.ts";

const hosts = new Map([
  ["h1", { address: "198.51.100.1", mtu: 1500, publicKey: "a" }],
  ["h2", { address: "198.51.100.2", mtu: 9000, publicKey: "b" }],
  ["h3", { address: "198.51.100.3", mtu: 9000 }],
]);
const between = (kind: Between["kind"], some = hosts): Between => ({
  tag: "aaaa",
  self: "h1",
  kind,
  hosts: some,
});
const record: NetworkRecord = { name: "default", kind: "nat", index: 0, subnet: "10.0.0.0/24" };
const plan = {
  tag: "aaaa",
  index: 0,
  name: "default",
  kind: "nat",
  mac: "02:00:00:00:00:01",
  subnet: "10.0.0.0/24",
  mtu: 1450,
  domain: "lodge.internal",
  publishes: [],
  directory: "/run/x",
} as const satisfies NetworkPlan;
const far: RemoteMember = {
  id: "g2",
  name: "far",
  project: "default",
  host: "h2",
  publish: [],
  answered: [],
  nics: [
    { id: "nic0", network: "default", mac: "52:54:00:00:00:02", address: "10.0.0.7", wired: true },
    { id: "nic1", network: "other", mac: "52:54:00:00:00:03", address: "10.1.0.7", wired: true },
    { id: "nic2", network: "user", mac: "52:54:00:00:00:04" },
  ],
};

describe("the overlay of a host", () => {
  it("is none until an admin said what lies between, nor of a host without others", () => {
    assert.equal(overlayPlan(between("none"), [{ record, plan }], []), undefined);
    assert.equal(ends(between("trusted", new Map([...hosts].slice(0, 1)))), undefined);
    assert.equal(spanMtu(between("none")), undefined);
  });

  it("has the cards that others have in each network", () => {
    const made = overlayPlan(between("trusted"), [{ record, plan }], [far])!;
    assert.deepEqual(
      made.others.map(({ id }) => id),
      ["h2", "h3"],
    );
    // A bridge without IPv6 has no link-local neighbours.
    assert.deepEqual(made.networks[0]?.cards, [
      { mac: "52:54:00:00:00:02", addresses: ["10.0.0.7"], host: "h2" },
    ]);
    assert.equal(made.networks[0]?.gatewayMac, plan.mac);
  });

  it("leaves bridges to the host's own network alone", () => {
    const office = { ...record, kind: "bridge", uplink: { device: "eth1" } } as const;
    assert.deepEqual(overlayPlan(between("trusted"), [{ record: office, plan }], [far])?.networks, []);
  });

  it("goes by the hosts' addresses in WireGuard, with those that have a key", () => {
    const made = overlayPlan(between("wireguard"), [{ record, plan }], [far])!;
    assert.deepEqual(made.others, [{ id: "h2", address: wireguardAddress("h2") }]);
    assert.equal(made.through, "lgwaaaa");
  });

  it("has room for what fits between the narrowest of its hosts", () => {
    assert.equal(spanMtu(between("trusted")), 1450);
    assert.equal(spanMtu(between("wireguard")), 1500 - 60 - 70);
    const wide = new Map([...hosts].slice(1).map(([id, host]) => [id === "h2" ? "h1" : id, host]));
    assert.equal(spanMtu(between("trusted", wide)), 8950);
  });
});
