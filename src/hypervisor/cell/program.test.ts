import assert from "node:assert/strict";
import { test } from "node:test";
import { outermost, parseLdd } from "./program.ts";

test("libraries and the loader are found, what the kernel provides is not a file", () => {
  const text = [
    "\tlinux-vdso.so.1 (0x00007ffd2a5f2000)",
    "\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f0d6a400000)",
    "\tlibgone.so.1 => not found",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f0d6b000000)",
  ].join("\n");
  assert.deepEqual(parseLdd(text), ["/lib/x86_64-linux-gnu/libz.so.1", "/lib64/ld-linux-x86-64.so.2"]);
});

test("a folder inside another is not needed", () => {
  assert.deepEqual(outermost(["/usr/lib/a/b", "/usr/lib/a", "/usr/lib/ab"]), ["/usr/lib/a", "/usr/lib/ab"]);
});
