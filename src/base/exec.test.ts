import assert from "node:assert/strict";
import { test } from "node:test";
import { exec } from "./exec.ts";

test("a program of root's is found, though the caller's PATH does not lead there", async (t) => {
  const { PATH } = process.env;
  t.after(() => (process.env["PATH"] = PATH));
  process.env["PATH"] = "/usr/bin:/bin";
  const { stderr } = await exec("mke2fs", ["-V"]);
  assert.match(stderr, /^mke2fs /);
});
