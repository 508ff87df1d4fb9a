import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasIpv6 } from "#hypervisor/net/forwarding";
import { gatewayIn, guardedNetwork, planOf, settingsOf } from "./plan.ts";
import type { NetworkRecord } from "./record.ts";

const ground = { tag: "abcd", folder: "/run/x", mtu: 1400, leadsOut6: false };
const nat: NetworkRecord = {
  name: "default",
  kind: "nat",
  index: 0,
  subnet: "10.0.0.0/24",
  subnet6: "fd00:1:2:3::/64",
};
const card = { address: "10.0.0.7", address6: "fd00:1:2:3::7" };

describe("a network's plan", () => {
  it("is none for user mode, and of the host's MTU but where nothing leads out", () => {
    assert.equal(planOf({ name: "user", kind: "user", index: 1 }, ground, []), undefined);
    assert.equal(planOf(nat, ground, [])?.mtu, 1400);
    assert.equal(planOf({ ...nat, kind: "isolated" }, ground, [])?.mtu, 1500);
    assert.equal(planOf({ ...nat, mtu: 9000 }, ground, [])?.mtu, 9000);
  });

  it("leads IPv6 on where there is somewhere to lead it", { skip: !hasIpv6() }, () => {
    const forwards = (record: NetworkRecord, leadsOut6: boolean) =>
      planOf(record, { ...ground, leadsOut6 }, [])?.forwards6;
    assert.equal(forwards(nat, false), false);
    assert.equal(forwards(nat, true), true);
    assert.equal(forwards({ ...nat, kind: "routed" }, false), true);
    assert.equal(forwards({ ...nat, kind: "isolated" }, true), false);
  });

  it("has nothing of the host in a subnet where others answer", () => {
    const office: NetworkRecord = {
      ...nat,
      kind: "bridge",
      dhcp: false,
      gateway: "10.0.0.1",
      uplink: { device: "eth1" },
    };
    const plan = planOf(office, ground, []);
    assert.equal(plan?.subnet, undefined);
    assert.equal(plan?.subnet6, undefined);
    // Its guests' addresses are known all the same, and are held to them.
    const { gives, subnets, gateways } = guardedNetwork(office, ground)!;
    assert.deepEqual(
      { gives, subnets, gateways },
      {
        gives: true,
        subnets: ["10.0.0.0/24", "fd00:1:2:3::/64"],
        gateways: ["10.0.0.1"],
      },
    );
    assert.equal(settingsOf(office, card, ground)?.gateway, "10.0.0.1");
  });
});

describe("what a card is told", () => {
  it("has a way out where one leads out", () => {
    assert.deepEqual(settingsOf(nat, card, { ...ground, leadsOut6: true }), {
      ...card,
      prefix: 24,
      gateway: "10.0.0.1",
      gateway6: "fd00:1:2:3::1",
    });
    assert.deepEqual(settingsOf({ ...nat, kind: "isolated" }, card, { ...ground, leadsOut6: true }), {
      ...card,
      prefix: 24,
    });
    assert.equal(gatewayIn({ ...nat, kind: "isolated" }), undefined);
  });

  it("is nothing where the address is others' affair", () => {
    const lan: NetworkRecord = { name: "lan", kind: "bridge", index: 2, uplink: { device: "eth1" } };
    assert.equal(settingsOf(lan, {}, ground), undefined);
  });
});
