import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endings, narrowed, parseFlows } from "./flows.ts";
import type { GuardPlan, PeerRef, PortPlan, RulePlan } from "./plan.ts";

const port: PortPlan = {
  tap: "labcde00000002",
  mac: "52:54:00:00:00:02",
  addresses: ["10.0.0.2"],
  pinned: true,
  realm: "default",
  apart: false,
  gateways: ["10.0.0.1"],
  groups: ["f1"],
};
const rule = (direction: RulePlan["direction"], ports: readonly string[], peer?: PeerRef): RulePlan => ({
  id: "r1",
  direction,
  protocol: "tcp",
  ports,
  log: false,
  ...(peer ? { peer } : {}),
});
const plan = (rules: readonly RulePlan[], members: readonly string[] = [], groups = ["f1"]): GuardPlan => ({
  tag: "abcde",
  ports: [{ ...port, groups }],
  groups: [{ id: "f1", rules }],
  peers: [{ id: "group web", members }],
});
const web = { peer: "group web" } as const;
const less = (before: GuardPlan | undefined, now: GuardPlan) => narrowed(before, now).length > 0;

describe("a plan allows less", () => {
  it("where a rule went or is another, whatever its id", () => {
    assert.ok(less(plan([rule("in", ["80"])]), plan([])));
    assert.ok(less(plan([rule("in", ["80"])]), plan([rule("in", ["81"])])));
    assert.ok(!less(plan([rule("in", ["80"])]), plan([{ ...rule("in", ["80"]), id: "r2" }])));
    assert.ok(!less(plan([rule("in", ["80"])]), plan([rule("in", ["80"]), rule("in", ["81"])])));
  });
  it("where somebody left whom a rule speaks of", () => {
    const of = (...members: string[]) => plan([rule("in", [], web)], members);
    assert.ok(less(of("10.0.0.3", "10.0.0.4"), of("10.0.0.3")));
    assert.ok(!less(of("10.0.0.3"), of("10.0.0.3", "10.0.0.4")));
  });
  it("with the first rule for what goes out, and without a group that it had", () => {
    assert.ok(less(plan([]), plan([rule("out", ["443"])])));
    assert.ok(less(plan([], [], ["f1", "f2"]), plan([])));
    assert.ok(!less(plan([], [], []), plan([])));
  });
  it("for all that is known where an earlier daemon's is not", () => {
    assert.ok(less(undefined, plan([])));
  });
});

describe("flows that nothing allows any more", () => {
  const listed = (name: string, ...concat: (string | number)[][]) => ({
    name,
    elem: concat.map((val) => ({ elem: { val: { concat: val } } })),
  });
  const told = (now: GuardPlan, ...sets: ReturnType<typeof listed>[]) =>
    endings("T", now, now.ports[0]!, new Map(sets.map((set) => [set.name, parseFlows(set)])));
  const set = `in4_${port.tap}`;
  const begun = listed(set, ["10.0.0.3", "tcp", 80, 5005], ["10.0.0.4", "tcp", 80, 5006]);

  it("are forgotten, others stay, and what the guest still says in them is dropped", () => {
    const gone = "10.0.0.4 . tcp . 80 . 5006";
    assert.deepEqual(told(plan([rule("in", ["80"], web)], ["10.0.0.3"]), begun), [
      `add element T ${set} { ${gone} }`,
      `delete element T ${set} { ${gone} }`,
      `add element T ended4_${port.tap} { ${gone} timeout 20m }`,
    ]);
    assert.deepEqual(told(plan([rule("in", ["79-81"])]), begun), []);
    assert.deepEqual(told(plan([rule("in", [], { cidr: "10.0.0.0/24" })]), begun), []);
  });
  it("are told by the port of whoever was asked", () => {
    const out = listed(`out4_${port.tap}`, ["192.0.2.1", "tcp", 5000, 443]);
    assert.deepEqual(told(plan([rule("out", ["443"])]), out), []);
    assert.equal(told(plan([rule("out", ["5000"])]), out).length, 2);
    assert.deepEqual(told(plan([]), out), [], "without a rule for it all goes out");
  });
  it("are none of the host's own names and pings", () => {
    const dns = listed(`out4_${port.tap}`, ["10.0.0.1", "udp", 5000, 53]);
    const ping = listed(`in4t_${port.tap}`, ["10.0.0.1", "icmp"], ["10.0.0.9", "icmp"]);
    const lines = told(plan([rule("out", ["443"])]), dns, ping);
    assert.deepEqual(
      lines.map((line) => line.split(" { ")[1]),
      ["10.0.0.9 . icmp }", "10.0.0.9 . icmp }"],
    );
  });
});
