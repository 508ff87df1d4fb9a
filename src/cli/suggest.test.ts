import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closest } from "./suggest.ts";

describe("the word that was meant", () => {
  const words = ["start", "stop", "restart", "suspend", "rm", "run"];
  for (const [typed, meant] of [
    ["strat", "start"],
    ["stpo", "stop"],
    ["supend", "suspend"],
    ["rn", "rm"],
    ["start", "start"],
    ["frobnicate", undefined],
    ["", undefined],
  ] as const) {
    it(`by '${typed}' is ${meant}`, () => assert.equal(closest(typed, words), meant));
  }
});
