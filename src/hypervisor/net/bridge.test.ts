import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bridgeChanges, subnetHolder } from "./bridge.ts";
import type { Link } from "./ip.ts";
import { bridgeMac } from "./names.ts";

const plan = {
  tag: "abcd",
  index: 0,
  name: "default",
  kind: "nat" as const,
  subnet: "10.64.5.0/24",
  mtu: 9000,
};

const right: Link = {
  ifname: "ldgabcd0",
  mtu: 9000,
  address: bridgeMac(plan),
  flags: ["BROADCAST", "UP"],
  inet6_addr_gen_mode: "none",
  linkinfo: { info_kind: "bridge", info_data: { stp_state: 0, forward_delay: 0 } },
  addr_info: [{ family: "inet", local: "10.64.5.1", prefixlen: 24 }],
};

describe("the bridge's changes", () => {
  it("make all of it where there is none", () => {
    assert.deepEqual(bridgeChanges(plan, undefined), [
      "link add name ldgabcd0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
      `link set dev ldgabcd0 address ${bridgeMac(plan)}`,
      "link set dev ldgabcd0 mtu 9000",
      "link set dev ldgabcd0 addrgenmode none",
      "address add 10.64.5.1/24 brd + dev ldgabcd0",
      "link set dev ldgabcd0 up",
    ]);
  });

  it("give the host an address of IPv6 too, and a link-local one to advertise from", () => {
    const six = { ...plan, subnet6: "fd12:456:789a:1::/64" };
    assert.deepEqual(bridgeChanges(six, right), [
      "link set dev ldgabcd0 addrgenmode eui64",
      "address add fd12:456:789a:1::1/64 nodad dev ldgabcd0",
    ]);
    const local = { family: "inet6", local: "fe80::1", prefixlen: 64, scope: "link" };
    const has = { family: "inet6", local: "fd12:456:789a:1::1", prefixlen: 64, scope: "global" };
    const made = { ...right, inet6_addr_gen_mode: "eui64", addr_info: [...right.addr_info!, local, has] };
    assert.deepEqual(bridgeChanges(six, made), []);
  });

  it("are none where it is right", () => {
    assert.deepEqual(bridgeChanges(plan, right), []);
  });

  it("repair what differs and no more", () => {
    const broken: [Partial<Link>, string[]][] = [
      [{ mtu: 1500 }, ["link set dev ldgabcd0 mtu 9000"]],
      [{ flags: ["BROADCAST"] }, ["link set dev ldgabcd0 up"]],
      [{ addr_info: [] }, ["address add 10.64.5.1/24 brd + dev ldgabcd0"]],
      [
        { addr_info: [{ family: "inet", local: "10.9.9.1", prefixlen: 24 }] },
        ["address del 10.9.9.1/24 dev ldgabcd0", "address add 10.64.5.1/24 brd + dev ldgabcd0"],
      ],
      [
        { linkinfo: { info_kind: "bridge", info_data: { stp_state: 1, forward_delay: 1500 } } },
        ["link set dev ldgabcd0 type bridge stp_state 0 forward_delay 0"],
      ],
    ];
    for (const [difference, commands] of broken) {
      assert.deepEqual(bridgeChanges(plan, { ...right, ...difference }), commands);
    }
  });
});

describe("the holder of a subnet", () => {
  it("is another device with an address in it, not the bridge itself", () => {
    const uplink: Link = {
      ifname: "eth0",
      mtu: 1500,
      flags: [],
      addr_info: [{ family: "inet", local: "10.64.0.9", prefixlen: 16 }],
    };
    assert.equal(subnetHolder(plan, [right]), undefined);
    assert.equal(subnetHolder(plan, [right, uplink]), "eth0");
    assert.equal(subnetHolder({ ...plan, subnet: "10.70.0.0/24" }, [uplink]), undefined);
  });
});
