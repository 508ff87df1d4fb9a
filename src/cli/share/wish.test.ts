import assert from "node:assert/strict";
import { test } from "node:test";
import { parseShare } from "./wish.ts";

test("a shared folder is asked for by its path, or more of it", () => {
  assert.deepEqual(parseShare("/srv/code"), { path: "/srv/code" });
  assert.deepEqual(parseShare("./code,name=src,at=/data/src,ro"), {
    path: "./code",
    name: "src",
    at: "/data/src",
    readOnly: true,
  });
});

test("what is not known of one is refused", () => {
  for (const given of ["", ",ro", "/srv,rw", "/srv,name=", "/srv,at", "/srv,colour=red"])
    assert.throws(() => parseShare(given), RangeError, given);
});
