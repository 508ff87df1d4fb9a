import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { exec } from "./exec.ts";
import { readOwn } from "./own-file.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-own-file-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

test("a file is read", async () => {
  writeFileSync(at("file"), "what is in it");
  assert.equal((await readOwn(at("file"), 100)).toString(), "what is in it");
});

test("a link is not followed", async () => {
  writeFileSync(at("secret"), "of somebody else");
  symlinkSync(at("secret"), at("link"));
  await assert.rejects(readOwn(at("link"), 100), { code: "ELOOP" });
});

test("a pipe is not waited for, and what is too large is not read", async () => {
  await exec("mkfifo", [at("pipe")]);
  await assert.rejects(readOwn(at("pipe"), 100), { code: "host.file_untrusted" });
  writeFileSync(at("large"), "");
  truncateSync(at("large"), 2 ** 40);
  await assert.rejects(readOwn(at("large"), 100), { code: "host.file_untrusted" });
});
