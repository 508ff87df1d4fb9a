import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typed } from "./typed.ts";

describe("what a touch keyboard did", () => {
  const cases: readonly (readonly [
    what: string,
    before: string,
    after: string,
    erased: number,
    text: string,
  ])[] = [
    ["a letter", "hel", "hell", 0, "l"],
    ["a letter taken away", "hell", "hel", 1, ""],
    ["a word corrected", "teh", "the", 2, "he"],
    ["a word chosen", "desk", "desktop ", 0, "top "],
    ["all of it replaced", "abc", "x", 3, "x"],
    ["a character of two units", "a", "a😀", 0, "😀"],
    ["nothing", "same", "same", 0, ""],
  ];
  for (const [what, before, after, erased, text] of cases)
    it(what, () => assert.deepEqual(typed(before, after), { erased, text }));
});
