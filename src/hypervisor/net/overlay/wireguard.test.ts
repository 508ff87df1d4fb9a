import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isIPv6 } from "node:net";
import {
  deviceCommands,
  publicKeyOf,
  wgCommands,
  wireguardAddress,
  wireguardKeys,
  wireguardName,
  type WireguardPlan,
} from "./wireguard.ts";

const plan: WireguardPlan = {
  tag: "aaaa",
  self: "h1",
  peers: [{ id: "h2", publicKey: "b".repeat(43) + "=", address: "2001:db8::2" }],
  keyFile: "/var/lib/lodge/cluster/wireguard.key",
  underlayMtu: 1500,
  underlay: "198.51.100.1",
};

/** The kernel that this was written on has no WireGuard: what is told to it is tried here, and not what it does. */
describe("the encrypted tunnel", () => {
  it("is told of the host's key by a file, and of each peer by its address alone", () => {
    assert.deepEqual(wgCommands(plan, ["old="]), [
      ["set", "lgwaaaa", "listen-port", "8471", "private-key", plan.keyFile],
      ["set", "lgwaaaa", "peer", "old=", "remove"],
      [
        "set",
        "lgwaaaa",
        "peer",
        plan.peers[0]!.publicKey,
        "endpoint",
        "[2001:db8::2]:8471",
        "allowed-ips",
        `${wireguardAddress("h2")}/128`,
      ],
    ]);
  });

  it("takes 60 bytes of the underlay's packets, and is left alone where it is as it should be", () => {
    const name = wireguardName("aaaa");
    assert.deepEqual(deviceCommands(plan, undefined), [
      `link add name ${name} type wireguard`,
      `link set dev ${name} mtu 1440`,
      `address add ${wireguardAddress("h1")}/64 nodad dev ${name}`,
      `link set dev ${name} up`,
    ]);
    const addr_info = [{ family: "inet6", local: wireguardAddress("h1"), prefixlen: 64 }];
    assert.deepEqual(deviceCommands(plan, { ifname: name, mtu: 1440, flags: ["UP"], addr_info }), []);
  });

  it("gives each host an address of its own, written as the kernel writes it", () => {
    const addresses = Array.from({ length: 200 }, (_, i) => wireguardAddress(`h${i}`));
    assert.equal(new Set(addresses).size, addresses.length);
    for (const address of addresses) assert.ok(isIPv6(address) && !/(^|:)0[0-9a-f]/.test(address), address);
  });

  it("has pairs of keys that belong together", () => {
    const { privateKey, publicKey } = wireguardKeys();
    assert.equal(publicKeyOf(privateKey), publicKey);
    assert.equal(Buffer.from(privateKey, "base64").length, 32);
  });
});
