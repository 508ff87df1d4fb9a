import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#base/exec";
import { makeHostKey } from "./ssh-keys.ts";

test("OpenSSH reads the private key and finds the same public key in it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-key-"));
  try {
    // Comments of every length modulo the padding.
    for (const comment of ["", "a", "ab", "web-1", "a-longer-name"]) {
      const { privateKey, publicKey } = makeHostKey(comment);
      const file = join(folder, "key");
      writeFileSync(file, privateKey);
      chmodSync(file, 0o600);
      const { stdout } = await exec("ssh-keygen", ["-y", "-f", file]);
      assert.equal(stdout.trim(), publicKey.trim());
      rmSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no two keys are the same", () => {
  assert.notEqual(makeHostKey("a").publicKey, makeHostKey("a").publicKey);
});
