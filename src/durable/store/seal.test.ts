import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hasCode } from "#contract/errors";
import { isSealed, loadSealKey, openSecret, sealKeyId, sealSecret } from "./seal.ts";

const isUnreadable = (error: unknown) => hasCode(error, "store.secret_unreadable");

describe("a sealed secret", () => {
  const key = randomBytes(32);

  test("opens to what was sealed, and looks different each time", () => {
    for (const secret of ["", "hunter2", "ä 😀".repeat(1000)]) {
      const sealed = sealSecret(key, secret);
      assert.equal(openSecret(key, sealed), secret);
      assert.notEqual(sealSecret(key, secret), sealed);
      if (secret !== "") assert.ok(!sealed.includes(secret));
    }
  });

  test("opens with no other key and in no other place", () => {
    const sealed = sealSecret(key, "hunter2", "guests/a");
    assert.equal(openSecret(key, sealed, "guests/a"), "hunter2");
    assert.throws(() => openSecret(randomBytes(32), sealed, "guests/a"), isUnreadable);
    assert.throws(() => openSecret(key, sealed, "guests/b"), isUnreadable);
  });

  test("does not open when any byte of it was changed, cut off or made up", () => {
    const sealed = sealSecret(key, "hunter2");
    const mark = `sealed:2:${sealKeyId(key)}:`;
    assert.ok(sealed.startsWith(mark));
    const bytes = Buffer.from(sealed.slice(mark.length), "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      assert.throws(() => openSecret(key, mark + changed.toString("base64url")), isUnreadable);
      const cut = bytes.subarray(0, i).toString("base64url");
      assert.throws(() => openSecret(key, mark + cut), isUnreadable);
    }
    for (const text of ["", "hunter2", "sealed:1:", "sealed:2:AAAA", "sealed:3:AAAA", mark]) {
      assert.throws(() => openSecret(key, text), isUnreadable);
    }
  });

  test("says which key it needs, where that is not the one here", () => {
    const other = randomBytes(32);
    const sealed = sealSecret(other, "hunter2");
    assert.throws(
      () => openSecret(key, sealed),
      ({ message }: Error) => message.includes(sealKeyId(other)) && message.includes(sealKeyId(key)),
    );
  });

  test("of the first version opens still", () => {
    const sealed = "sealed:1:FaZXrM4Ee3Z5LAcMMMLQ_XAT-x8XDlKgAaoNqMjDnSErHjk";
    assert.ok(isSealed(sealed));
    assert.equal(openSecret(Buffer.alloc(32, 7), sealed, "guests/a"), "hunter2");
    assert.throws(() => openSecret(Buffer.alloc(32, 8), sealed, "guests/a"), isUnreadable);
    assert.ok(!isSealed("https://example.com/sealed:1:"));
  });
});

describe("the key file", () => {
  let folder = "";
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-seal-"))));
  after(() => rm(folder, { recursive: true, force: true }));
  const isUnavailable = (error: unknown) => hasCode(error, "store.unavailable");

  test("is made once, for its owner only, and read ever after", async () => {
    const path = join(folder, "key");
    const keys = await Promise.all([loadSealKey(path), loadSealKey(path), loadSealKey(path)]);
    for (const key of [...keys, await loadSealKey(path)])
      assert.deepEqual(Buffer.from(key), Buffer.from(keys[0]!));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ["key"]);
  });

  test("is refused when others may read it, or when it is no key", async () => {
    const path = join(folder, "open");
    await loadSealKey(path);
    await chmod(path, 0o644);
    await assert.rejects(loadSealKey(path), isUnavailable);
    await writeFile(join(folder, "short"), "short", { mode: 0o600 });
    await assert.rejects(loadSealKey(join(folder, "short")), isUnavailable);
  });
});
