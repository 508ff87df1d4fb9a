import assert from "node:assert/strict";
import { test } from "node:test";
import { FilterParser } from "ldapts";
import { fillFilter, filterForAll } from "./filter.ts";

test("what somebody types is a value and nothing else", () => {
  const template = "(&(objectClass=person)(uid={name}))";
  const hostile = ["*", "*)(uid=*", "a)(|(uid=*", "\\2a", "\0", "{dn}", "x{name}"];
  for (const name of hostile) {
    const parsed = JSON.parse(JSON.stringify(FilterParser.parseString(fillFilter(template, { name })))) as {
      filters: readonly { attribute: string; value: string }[];
    };
    assert.equal(parsed.filters.length, 2);
    assert.deepEqual([parsed.filters[1]?.attribute, parsed.filters[1]?.value], ["uid", name]);
  }
});

test("a template for anybody keeps what else it asks for", () => {
  assert.equal(filterForAll("(&(uid={name})(staff=yes))"), "(&(uid=*)(staff=yes))");
});
