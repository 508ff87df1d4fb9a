import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changeText } from "./change.ts";
import type { GuardPlan, PortPlan } from "./plan.ts";
import { tableOf } from "./table.ts";

const tag = "abcde";
const port = (n: number, more: Partial<PortPlan> = {}): PortPlan => ({
  tap: `labcde0000000${n}`,
  mac: `52:54:00:00:00:0${n}`,
  addresses: [`10.0.0.${n}`],
  pinned: true,
  realm: "default",
  apart: false,
  gateways: ["10.0.0.1"],
  groups: [],
  ...more,
});
const plan = (ports: readonly PortPlan[], more: Partial<GuardPlan> = {}): GuardPlan => ({
  tag,
  ports,
  groups: [],
  peers: [],
  ...more,
});
const change = (from: GuardPlan, to: GuardPlan) => changeText(tag, tableOf(from), tableOf(to));
const about = (text: string) => text.trim().split("\n");

describe("the guard's change", () => {
  it("is nothing where the plan is the same", () => {
    assert.equal(change(plan([port(2)]), plan([port(2)])), "");
  });

  it("is from the same table, whatever was taken from the one before", () => {
    const before = tableOf(plan([port(2), port(3, { link: "default default" }), port(4)]));
    const changed = [port(2), port(3, { link: "default other" }), port(4, { mac: "52:54:00:00:00:09" })];
    const wanted = plan([...changed, port(5, { pinned: false })], { neighbours: ["fe80::1", "10.0.0.9"] });
    assert.deepEqual(tableOf(wanted, before), tableOf(wanted));
    assert.equal(
      tableOf(wanted, before).chains.get("pin_labcde00000002"),
      before.chains.get("pin_labcde00000002"),
    );
  });

  it("of one more guest names that guest alone", () => {
    const lines = about(change(plan([port(2)]), plan([port(2), port(3)])));
    for (const line of lines) assert.doesNotMatch(line, /labcde00000002|10\.0\.0\.2\b|flush/);
    assert.ok(
      lines.includes('add element bridge lodge_abcde pins { "labcde00000003" : jump pin_labcde00000003 }'),
    );
  });

  it("of one fewer lets nothing lead to its chain before that goes", () => {
    const lines = about(change(plan([port(2), port(3)]), plan([port(2)])));
    const element = lines.findIndex((line) => line.startsWith("delete element bridge lodge_abcde pins"));
    const chain = lines.indexOf("delete chain bridge lodge_abcde pin_labcde00000003");
    assert.ok(element >= 0 && element < chain);
    assert.ok(lines.at(-1)?.startsWith("delete counter"));
  });

  it("of whom rules speak is a matter of elements", () => {
    const rule = { id: "r1", direction: "in", protocol: "tcp", ports: ["22"], log: false } as const;
    const groups = [{ id: "f1", rules: [{ ...rule, peer: { peer: "group web" } }] }];
    const members = (of: readonly string[]) =>
      plan([port(2, { groups: ["f1"] })], { groups, peers: [{ id: "group web", members: of }] });
    const lines = about(change(members(["10.0.0.3"]), members(["10.0.0.4", "fd00::4"])));
    for (const line of lines) assert.match(line, /^(add|delete) element bridge lodge_abcde peer[46]_/);
    assert.equal(lines.length, 3);
  });

  it("of an earlier daemon's table leaves what packets noted", () => {
    const wanted = tableOf(plan([port(2, { groups: ["f1"] })], { groups: [{ id: "f1", rules: [] }] }));
    const found = {
      sets: new Map([...wanted.sets].map(([name, { kind }]) => [name, kind])),
      counters: wanted.counters,
      chains: new Set([...wanted.chains.keys(), "pin_labcde00000009"]),
    };
    const lines = about(changeText(tag, found, wanted));
    assert.ok(lines.includes("flush map bridge lodge_abcde pins"));
    assert.ok(lines.includes("delete chain bridge lodge_abcde pin_labcde00000009"));
    for (const line of lines) assert.doesNotMatch(line, /^(flush|delete) set .* (in|out)[46]/);
  });
});
