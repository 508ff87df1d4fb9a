import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PublishedPort } from "./plan.ts";
import { rulesText } from "./rules.ts";

const plan = {
  tag: "abcd",
  index: 0,
  kind: "nat" as const,
  subnet: "10.64.5.0/24",
  publishes: [] as PublishedPort[],
};
const subnet6 = "fd12:456:789a:1::/64";

/** The rules of a chain, without the line that declares it. */
function chain(text: string, name: string): string[] {
  const body = new RegExp(`chain ${name} \\{\\n([^}]*(?:\\{[^}\\n]*\\}[^}]*)*)\\n  \\}`).exec(text)?.[1];
  assert.ok(body !== undefined, `there is a chain ${name}`);
  const rules = body.split("\n").map((line) => line.trim());
  return rules.filter((line) => line !== "" && !line.startsWith("type "));
}

describe("the rules of a NAT network", () => {
  it("replace their own table and no other, in one transaction", () => {
    const lines = rulesText(plan).split("\n");
    assert.deepEqual(lines.slice(0, 3), [
      "table inet lodge_abcd_0",
      "delete table inet lodge_abcd_0",
      "table inet lodge_abcd_0 {",
    ]);
    assert.equal(rulesText(plan).match(/^(table|delete|flush)/gm)?.length, 3);
  });

  it("judge only what passes their own bridge", () => {
    const text = rulesText(plan);
    for (const name of ["loopback", "forward", "input"]) {
      for (const rule of chain(text, name)) assert.match(rule, /^[io]ifname "ldgabcd0" /);
    }
    for (const rule of chain(text, "postrouting")) assert.match(rule, /ldgabcd0/);
  });

  it("send each published port to its guest, from outside and from the host itself", () => {
    const publishes: PublishedPort[] = [
      { protocol: "tcp", hostPort: 8080, guestPort: 80, guestAddress: "10.64.5.7" },
      { protocol: "udp", hostPort: 53, guestPort: 5353, guestAddress: "10.64.5.8" },
    ];
    const text = rulesText({ ...plan, publishes });
    assert.deepEqual(chain(text, "publish"), [
      "meta nfproto ipv4 tcp dport 8080 dnat ip to 10.64.5.7:80",
      "meta nfproto ipv4 udp dport 53 dnat ip to 10.64.5.8:5353",
    ]);
    for (const hook of ["prerouting", "output"]) {
      assert.match(chain(text, hook).at(-1) ?? "", /daddr type local jump publish$/);
    }
    assert.match(chain(text, "prerouting")[0] ?? "", /10\.64\.5\.1 .* \{ 53, 67 \} accept$/);
  });

  it("say the same of IPv6 where the network has it, and let none through where it has not", () => {
    const publishes: PublishedPort[] = [
      {
        protocol: "tcp",
        hostPort: 80,
        guestPort: 8080,
        guestAddress: "10.64.5.7",
        guestAddress6: "fd12:456:789a:1::7",
      },
    ];
    const text = rulesText({ ...plan, subnet6, publishes });
    assert.equal(
      chain(text, "publish")[1],
      "meta nfproto ipv6 tcp dport 80 dnat ip6 to [fd12:456:789a:1::7]:8080",
    );
    assert.ok(chain(text, "from_guests").includes(`meta nfproto ipv6 ip6 saddr != ${subnet6} drop`));
    assert.ok(chain(text, "to_host").some((rule) => rule.startsWith("icmpv6 type { nd-neighbor-solicit")));
    assert.ok(!chain(text, "to_host").some((rule) => rule.includes("router-advert")));
    assert.ok(chain(rulesText(plan), "from_guests").includes("meta nfproto ipv6 drop"));
    assert.ok(!rulesText(plan).includes("ip6 saddr"));
  });

  it("let a routed network's guests be reached, but not by other networks' guests", () => {
    const text = rulesText({ ...plan, kind: "routed", subnet6 });
    assert.deepEqual(chain(text, "to_guests").slice(-2), ['iifname "ldg*" drop', "accept"]);
    assert.ok(!chain(text, "postrouting").some((rule) => rule.includes("!= { ")));
  });

  it("let nothing of an isolated network pass the host", () => {
    const text = rulesText({ ...plan, kind: "isolated", subnet6 });
    assert.equal(chain(text, "from_guests").at(-1), "jump refuse");
    assert.equal(chain(text, "to_guests").at(-1), "drop");
    assert.ok(chain(text, "to_host").includes("icmp type echo-request accept"));
  });

  it("give a bridge without a subnet nothing of the host", () => {
    const { subnet: _, ...bare } = plan;
    const text = rulesText({ ...bare, kind: "bridge" });
    assert.deepEqual(chain(text, "input"), ['iifname "ldgabcd0" drop']);
    assert.equal(chain(text, "forward")[0], 'iifname "ldgabcd0" oifname "ldgabcd0" accept');
  });

  it("keep guests of a network with an uplink from tagging frames themselves", () => {
    const lan = rulesText({ ...plan, kind: "bridge", uplink: { device: "eth1" } });
    const tagged = "ether type { 8021q, 8021ad } drop";
    assert.deepEqual(chain(lan.slice(lan.indexOf("table bridge lodge_abcd_0 {")), "tags"), [
      `oifname "eth1" ${tagged}`,
      `iifname "eth1" ${tagged}`,
    ]);
    assert.ok(lan.includes("delete table bridge lodge_abcd_0\n"));
    assert.ok(!rulesText(plan).includes("table bridge"));
  });

  it("refuse at the end whatever no rule allowed", () => {
    const text = rulesText(plan);
    assert.equal(chain(text, "to_host").at(-1), "jump refuse");
    assert.equal(chain(text, "to_guests").at(-1), "drop");
    assert.equal(chain(text, "refuse").at(-1), "drop");
  });
});
