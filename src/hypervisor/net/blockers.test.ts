import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blockersAmong } from "./blockers.ts";

const bridge = "ldgabcd0";
const base = { type: "filter", hook: "forward" };
const docker = { ...base, family: "ip", table: "filter", name: "FORWARD", policy: "drop" };
const dockerUser = { family: "ip", table: "filter", name: "DOCKER-USER" };

const rule = (chain: { family: string; table: string; name: string }, ...expr: unknown[]) => ({
  family: chain.family,
  table: chain.table,
  chain: chain.name,
  expr,
});
const device = (key: string, right: string) => ({ match: { op: "==", left: { meta: { key } }, right } });

describe("firewalls that may block guests", () => {
  it("are none on a host with Lodge's tables alone, or with chains that let all pass", () => {
    const own = { ...base, family: "inet", table: "lodge_abcd_0", name: "forward", policy: "drop" };
    const open = { ...base, family: "inet", table: "filter", name: "forward", policy: "accept" };
    const input = { ...open, hook: "input", policy: "drop" };
    assert.deepEqual(blockersAmong([own, open, input], [rule(own, { drop: null })], bridge), []);
  });

  it("are named with a fix in the words of whoever made them", () => {
    const [blocker] = blockersAmong([docker], [], bridge);
    assert.equal(blocker?.where, "ip filter FORWARD");
    assert.match(blocker?.fix ?? "", /^iptables -I FORWARD -i ldgabcd0 -j ACCEPT; .* -o ldgabcd0 /);
    assert.match(blockersAmong([docker, dockerUser], [], bridge)[0]?.fix ?? "", /-I DOCKER-USER -i/);
    const firewalld = {
      ...base,
      family: "inet",
      table: "firewalld",
      name: "filter_FORWARD",
      policy: "accept",
    };
    const refusal = rule(firewalld, { reject: { type: "icmpx", expr: "admin-prohibited" } });
    assert.match(blockersAmong([firewalld], [refusal], bridge)[0]?.fix ?? "", /^firewall-cmd /);
    const partial = rule(firewalld, device("iifname", "eth9"), { drop: null });
    assert.deepEqual(blockersAmong([firewalld], [partial], bridge), []);
  });

  it("are no blockers once both directions are let through", () => {
    const into = rule(dockerUser, device("oifname", bridge), { accept: null });
    const from = rule(dockerUser, device("iifname", bridge), { accept: null });
    const elsewhere = rule(dockerUser, device("iifname", "ldgother0"), { accept: null });
    assert.equal(blockersAmong([docker, dockerUser], [into, elsewhere], bridge).length, 1);
    assert.deepEqual(blockersAmong([docker, dockerUser], [into, from], bridge), []);
  });
});
