import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hasCode } from "#contract/errors";
import { ensureToken } from "./token.ts";

const scratch = mkdtempSync(join(tmpdir(), "lodge-token-"));
const path = join(scratch, "token");
after(() => rmSync(scratch, { recursive: true }));

test("it is made once, for its owner alone, and then kept", async () => {
  const token = await ensureToken(path);
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(await ensureToken(path), token);
  assert.equal(readFileSync(path, "utf8"), `${token}\n`);
  assert.deepEqual(readdirSync(scratch), ["token"]);
});

test("one that others could have read is refused", async () => {
  chmodSync(path, 0o640);
  await assert.rejects(ensureToken(path), (error) => hasCode(error, "api.token_unsafe"));
  chmodSync(path, 0o600);
});

test("one that was cut short is replaced", async () => {
  for (const rest of ["", "\n", "abc\n"]) {
    writeFileSync(path, rest);
    assert.match(await ensureToken(path), /^[\w-]{43}$/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }
});
