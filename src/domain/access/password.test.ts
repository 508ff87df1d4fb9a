import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { fitsPassword, hashPassword, requireStrong, usualCost } from "./password.ts";

const cheap = { memory: 64, passes: 1, parallelism: 1 };

test("a password fits its hash, however its letters are put together, and no other does", async () => {
  const hash = await hashPassword("gr\u00fcne Stra\u00dfe 7");
  assert.deepEqual([hash.algorithm, hash.memory, hash.passes], ["argon2id", 65_536, 3]);
  assert.ok(await fitsPassword("gru\u0308ne Stra\u00dfe 7", hash));
  assert.ok(!(await fitsPassword("grune Strasse 7", hash)));
  assert.ok(usualCost.memory * usualCost.passes >= 65_536 * 3);
});

test("two hashes of one password differ, and nothing fits where there is none", async () => {
  const [one, two] = await Promise.all([hashPassword("the same", cheap), hashPassword("the same", cheap)]);
  assert.notEqual(one.tag, two.tag);
  assert.ok(!(await fitsPassword("the same", undefined, cheap)));
  assert.ok(!(await fitsPassword("the same", { ...one, salt: two.salt }, cheap)));
});

test("what is easy to guess is refused with the reason", () => {
  const reasons: [string, RegExp][] = [
    ["short", /fewer than 10/],
    ["aaaaaaaaaaaaab", /repeats/],
    ["annaanna-12x", /account's name/],
    ["\u{1f600}\u{1f601}\u{1f602}", /fewer than 10/],
  ];
  for (const [password, reason] of reasons)
    assert.throws(
      () => requireStrong(password, "anna"),
      (error) => hasCode(error, "access.password_weak") && reason.test(String(error.params["reason"])),
    );
  requireStrong("correct horse battery", "anna");
});
