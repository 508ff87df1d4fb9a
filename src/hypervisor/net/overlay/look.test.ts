import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inputBlockers } from "./look.ts";

const chain = {
  family: "inet",
  table: "filter",
  name: "input",
  type: "filter",
  hook: "input",
  policy: "drop",
};
const rule = (...expr: unknown[]) => ({ family: "inet", table: "filter", chain: "input", expr });
const dport = (right: unknown, protocol = "udp") => ({
  match: { op: "==", left: { payload: { protocol, field: "dport" } }, right },
});

describe("firewalls that may keep other hosts out", () => {
  it("are those that drop what nothing accepts, each with its fix", () => {
    const [found] = inputBlockers([chain], [rule(dport(22, "tcp"), { accept: null })]);
    assert.deepEqual(found, {
      where: "inet filter input",
      fix: "nft insert rule inet filter input udp dport 4789 accept",
    });
    const old = { ...chain, family: "ip", name: "INPUT" };
    assert.match(inputBlockers([old], [])[0]?.fix ?? "", /^iptables -I INPUT -p udp --dport 4789/);
  });

  it("are none that let VXLAN in, alone or among others, nor all of some address", () => {
    const source = {
      match: { op: "==", left: { payload: { protocol: "ip", field: "saddr" } }, right: "192.0.2.1" },
    };
    for (const part of [dport(4789), dport({ set: [53, 4789] }), dport(4789, "th"), source])
      assert.deepEqual(inputBlockers([chain], [rule(part, { accept: null })]), []);
  });

  it("are none of Lodge's own, nor those that accept what no rule speaks of", () => {
    assert.deepEqual(inputBlockers([{ ...chain, table: "lodge_aaaa_overlay" }], []), []);
    assert.deepEqual(inputBlockers([{ ...chain, policy: "accept" }], []), []);
  });
});
