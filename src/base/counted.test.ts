import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "./counted.ts";

test("a number of things is put as people say it", () => {
  assert.equal(counted(0, "guest"), "no guests");
  assert.equal(counted(1, "guest"), "1 guest");
  assert.equal(counted(2, "guest"), "2 guests");
  assert.equal(counted(1, "guest lives", "guests live"), "1 guest lives");
  assert.equal(counted(3, "guest lives", "guests live"), "3 guests live");
});
