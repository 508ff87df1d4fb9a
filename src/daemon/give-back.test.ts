import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dropPages } from "#base/libc";
import { findProgram } from "./give-back.ts";

/** MiB of files that are in this process's memory. */
const ofFiles = () => Number(/^RssFile:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;

test("what of the program is not run leaves the memory, and comes back when it is", () => {
  const parse = () => JSON.parse(JSON.stringify({ a: [..."text"].toSorted() }));
  const answer = parse();
  const before = ofFiles();
  for (const { address, length } of findProgram()) dropPages(address, length);
  assert.ok(before - ofFiles() > 20, `${before} MiB became ${ofFiles()} MiB`);
  assert.deepEqual(parse(), answer);
});
