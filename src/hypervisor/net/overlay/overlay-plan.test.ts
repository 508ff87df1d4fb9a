import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mostNetworks } from "../names.ts";
import { carriedText, ownFlows, waysIn, type CarriedFlow } from "./carried.ts";
import { tunnelChanges } from "./device.ts";
import { hostMac, hostName, overhead, vniOf, type OverlayPlan } from "./plan.ts";
import { namesIn, overlayRules } from "./rules.ts";

const network = {
  tag: "aaaa",
  index: 3,
  gatewayMac: "02:00:00:00:00:01",
  mtu: 1500,
  apart: false,
  cards: [],
};
const self = { id: "h1", address: "198.51.100.1" };
const others = [{ id: "h2", address: "198.51.100.2" }];
const plan: OverlayPlan = { tag: "aaaa", self, others, networks: [network] };
const fresh = { chains: [], sets: [] };

describe("an overlay's plan", () => {
  it("has a number of VXLAN's for each network that there can be", () => {
    const all = new Set(Array.from({ length: mostNetworks }, (_, index) => vniOf({ index })));
    assert.equal(all.size, mostNetworks);
    assert.ok(Math.max(...all) < 2 ** 24);
  });

  it("gives each host a MAC that is a single card's and made up", () => {
    assert.match(hostMac("h1"), /^06(:[0-9a-f]{2}){5}$/);
    assert.notEqual(hostMac("h1"), hostMac("h2"));
  });

  it("counts what is put around a packet", () => {
    assert.equal(overhead("198.51.100.1"), 50);
    assert.equal(overhead("fd00::1"), 70);
  });
});

describe("a tunnel", () => {
  const commands = tunnelChanges(network, self, undefined);
  const found = {
    ifname: "lgxaaaa3",
    mtu: 1500,
    address: hostMac("h1"),
    master: "ldgaaaa3",
    flags: ["UP"],
    inet6_addr_gen_mode: "none",
    linkinfo: { info_kind: "vxlan", info_data: { id: vniOf(network), local: self.address, port: 4789 } },
  };

  it("learns nothing, floods nothing, and is up last", () => {
    assert.match(commands[0]!, /type vxlan id \d+ local 198\.51\.100\.1 dstport 4789 nolearning$/);
    assert.match(
      commands.join("\n"),
      /learning off flood off mcast_flood off bcast_flood off neigh_suppress on/,
    );
    assert.match(commands.at(-1)!, /up$/);
  });

  it("stays as it is where it fits", () => {
    const again = tunnelChanges(network, self, found);
    assert.deepEqual(
      again.map((command) => command.includes("bridge_slave")),
      [true],
    );
  });

  it("is made anew where its host has another address", () => {
    const [first] = tunnelChanges(network, { ...self, address: "198.51.100.9" }, found);
    assert.equal(first, "link del dev lgxaaaa3");
  });
});

describe("an overlay's rules", () => {
  const text = overlayRules(plan, fresh);

  it("let the other hosts alone speak VXLAN with this one", () => {
    assert.match(text, /input ip saddr \{ 198\.51\.100\.2 \} udp dport 4789 accept\n/);
    assert.match(text, /inet lodge_aaaa_overlay input udp dport 4789 drop\n/);
  });

  it("take nothing that did not come encrypted, where it has to", () => {
    const encrypted = overlayRules({ ...plan, through: "lgwaaaa" }, fresh);
    assert.match(encrypted, /input iifname "lgwaaaa" ip saddr \{ 198\.51\.100\.2 \} udp dport 4789 accept\n/);
  });

  it("delete what belonged to a host that left, after everything that speaks of it", () => {
    const alone = overlayRules({ ...plan, others: [] }, namesIn(plan));
    assert.match(alone, new RegExp(`delete set bridge lodge_aaaa_overlay way4_${hostName("h2")}\n`));
    assert.ok(alone.indexOf("flush chain bridge lodge_aaaa_overlay ways") < alone.indexOf("delete set"));
    assert.ok(!alone.includes("{  }"), "a set without elements is none");
  });
});

describe("flows that are carried", () => {
  const flow: CarriedFlow = {
    protocol: "tcp",
    guest: "10.64.0.5",
    guestPort: 80,
    remote: "192.0.2.3",
    remotePort: 5555,
    seconds: 99.2,
    by: "h2",
  };
  const key = "10.64.0.5 . 192.0.2.3 . tcp . 80 . 5555";
  const at = `bridge lodge_aaaa_overlay way4_${hostName("h2")}`;

  it("are put in with the time that they have left", () => {
    const text = carriedText("aaaa", others, [], [flow]);
    assert.equal(
      text,
      `add element ${at} { ${key} }\ndelete element ${at} { ${key} }\nadd element ${at} { ${key} timeout 100s }\n`,
    );
  });

  it("need nothing where they go through the host itself, or one that is not there", () => {
    assert.equal(
      carriedText(
        "aaaa",
        others,
        [],
        [
          { ...flow, by: "h1" },
          { ...flow, by: "h7" },
        ],
      ),
      "",
    );
  });

  it("are taken only where they are the guest's own, and flows at all", () => {
    assert.deepEqual(ownFlows([flow], ["10.64.0.5"]), [flow]);
    const strange = [
      { ...flow, guest: "10.64.0.6" },
      { ...flow, remote: "192.0.2.3 }; flush ruleset" },
      { ...flow, protocol: "tcp . 1 }" as never },
      { ...flow, guestPort: "80" as never },
    ];
    assert.deepEqual(ownFlows(strange, ["10.64.0.5"]), []);
  });

  it("leave nothing of before", () => {
    const text = carriedText("aaaa", others, [flow], []);
    assert.equal(text, `add element ${at} { ${key} }\ndelete element ${at} { ${key} }\n`);
  });

  it("are read from what nft tells", () => {
    const elem = [
      { elem: { val: { concat: ["10.64.0.5", "192.0.2.3", "tcp", 80, 5555] }, expires: 99.2 } },
      { elem: { val: { concat: ["10.64.0.6", "192.0.2.3", "tcp", 80, 5555] }, expires: 99.2 } },
    ];
    assert.deepEqual(waysIn({ name: "", elem }, "h2", new Set(["10.64.0.5"])), [flow]);
  });
});
