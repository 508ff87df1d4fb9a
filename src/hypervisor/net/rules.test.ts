import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PublishedPort } from "./plan.ts";
import { rulesText } from "./rules.ts";

const plan = { tag: "abcd", index: 0, subnet: "10.64.5.0/24", publishes: [] as PublishedPort[] };

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
      "tcp dport 8080 dnat ip to 10.64.5.7:80",
      "udp dport 53 dnat ip to 10.64.5.8:5353",
    ]);
    for (const hook of ["prerouting", "output"]) {
      assert.match(chain(text, hook).at(-1) ?? "", /daddr type local jump publish$/);
    }
    assert.match(chain(text, "prerouting")[0] ?? "", /10\.64\.5\.1 .* \{ 53, 67 \} accept$/);
  });

  it("refuse at the end whatever no rule allowed", () => {
    const text = rulesText(plan);
    assert.equal(chain(text, "to_host").at(-1), "jump refuse");
    assert.equal(chain(text, "to_guests").at(-1), "drop");
    assert.equal(chain(text, "refuse").at(-1), "drop");
  });
});
