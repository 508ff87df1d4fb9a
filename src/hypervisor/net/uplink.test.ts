import assert from "node:assert/strict";
import { test } from "node:test";
import type { Link } from "./ip.ts";
import { uplinkObstacle, uplinkPort } from "./uplink.ts";

const card: Link = { ifname: "card9", mtu: 1500, flags: ["BROADCAST", "UP"] };
const reason = (uplink: { device: string; vlan?: number }, devices: Link[], routes = [{}]) =>
  uplinkObstacle(uplink, devices, routes)?.reason;

test("a card that the host does not use may be an uplink, and one that it uses only over a tag", () => {
  assert.equal(reason({ device: "card9" }, [card]), undefined);
  const addressed = {
    ...card,
    addr_info: [{ family: "inet", local: "192.0.2.7", prefixlen: 24, scope: "global" }],
  };
  assert.match(reason({ device: "card9" }, [addressed])!, /192\.0\.2\.7/);
  assert.match(reason({ device: "card9" }, [card], [{ dst: "default", dev: "card9" }])!, /default route/);
  assert.equal(reason({ device: "card9", vlan: 30 }, [addressed]), undefined);
  const local = { family: "inet6", local: "fe80::7", prefixlen: 64, scope: "link" };
  assert.equal(reason({ device: "card9" }, [{ ...card, addr_info: [local] }]), undefined);
});

test("a bridge of the host's may be one, with its address; one of Lodge's may not", () => {
  const bridge: Link = {
    ...card,
    ifname: "br0",
    linkinfo: { info_kind: "bridge" },
    addr_info: [{ family: "inet", local: "192.0.2.7", prefixlen: 24, scope: "global" }],
  };
  assert.equal(reason({ device: "br0" }, [bridge]), undefined);
  assert.match(reason({ device: "ldgabcd0" }, [{ ...bridge, ifname: "ldgabcd0" }])!, /Lodge's own/);
  assert.match(reason({ device: "card9" }, [{ ...card, master: "br0" }])!, /in br0 already/);
  assert.match(reason({ device: "card9" }, [])!, /no such device/);
});

test("the port of the guests' bridge is the card, or the device that tags; a bridge of the host's has its own", () => {
  const key = { tag: "abcd", index: 3 };
  assert.equal(uplinkPort({ ...key, uplink: { device: "eth1" } }), "eth1");
  assert.equal(uplinkPort({ ...key, uplink: { device: "eth1", vlan: 30 } }), "lgvabcd3");
  assert.equal(uplinkPort({ ...key, uplink: { device: "br0", isBridge: true } }), undefined);
  assert.equal(uplinkPort({ ...key, uplink: { device: "br0", isBridge: true, vlan: 30 } }), "lgvabcd3");
});
