import assert from "node:assert/strict";
import { test } from "node:test";
import { together } from "./together.ts";

test("together resolves to every outcome, in the order of the tasks", async () => {
  const late = Promise.withResolvers<string>();
  const both = together([late.promise, Promise.resolve("soon")]);
  late.resolve("late");
  assert.deepEqual(await both, ["late", "soon"]);
});

test("together fails only when nobody is at work any more", async () => {
  const late = Promise.withResolvers<void>();
  let over = false;
  const both = together([Promise.reject(new Error("first")), late.promise]).catch((error: Error) => {
    over = true;
    return error.message;
  });
  await new Promise(setImmediate);
  assert.equal(over, false);
  late.resolve();
  assert.equal(await both, "first");
});
