import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { carriedSets, carriedSetsText } from "./carried.ts";

const tap = "laaaa12345678";
const concat = ["192.0.2.3", "tcp", 80, 5555];

describe("what a port remembers", () => {
  const sets = [
    { name: `in4_${tap}`, elem: [{ elem: { val: { concat }, expires: 7000.5 } }] },
    { name: `out4_${tap}` },
    { name: "in4_laaaa99999999", elem: [{ elem: { val: { concat }, expires: 5 } }] },
    { name: `local_${tap}`, elem: [{ elem: { val: { concat }, expires: 5 } }] },
  ];
  const carried = carriedSets(sets, tap);

  it("is its own sets of flows, with the time that they have left", () => {
    assert.deepEqual(carried, [
      { kind: "in4", elements: [{ key: "192.0.2.3 . tcp . 80 . 5555", seconds: 7000.5 }] },
    ]);
  });

  it("is put into the sets of its port on another host, as far as that has them", () => {
    const other = "lbbbb87654321";
    const text = carriedSetsText("bbbb", other, carried, new Set([`in4_${other}`]));
    assert.match(
      text,
      /^add element bridge lodge_bbbb in4_lbbbb87654321 \{ 192\.0\.2\.3 \. tcp \. 80 \. 5555 \}\n/,
    );
    assert.match(text, /timeout 7001s \}\n$/);
    assert.equal(carriedSetsText("bbbb", other, carried, new Set()), "");
    const strange = [
      { kind: "in4", elements: [{ key: "192.0.2.3 . tcp . 80 . 1 }; flush ruleset", seconds: 1 }] },
    ];
    assert.equal(carriedSetsText("bbbb", other, strange, new Set([`in4_${other}`])), "");
  });
});
