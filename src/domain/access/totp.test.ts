import assert from "node:assert/strict";
import { test } from "node:test";
import { base32, codeAt, stepAt, stepOfCode, totpUri } from "./totp.ts";

const secret = Buffer.from("12345678901234567890");

test("codes are those of RFC 6238, appendix B", () => {
  const vectors: [seconds: number, code: string][] = [
    [59, "94287082"],
    [1111111109, "07081804"],
    [1111111111, "14050471"],
    [1234567890, "89005924"],
    [2000000000, "69279037"],
    [20000000000, "65353130"],
  ];
  // The appendix has eight digits; of fewer, the last are the same.
  for (const [seconds, code] of vectors) assert.equal(codeAt(secret, stepAt(seconds * 1000)), code.slice(2));
});

test("secrets are written as RFC 4648 has it", () => {
  assert.equal(base32(Buffer.from("fooba")), "MZXW6YTB");
  assert.equal(
    totpUri(secret, "Lodge a b", "anna"),
    "otpauth://totp/Lodge%20a%20b:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lodge%20a%20b",
  );
});

test("a code is good for its step, the one before and the one after, and once", () => {
  const now = 1_700_000_000_000;
  const step = stepAt(now);
  for (const near of [-1, 0, 1])
    assert.equal(stepOfCode(secret, codeAt(secret, step + near), now, 0), step + near);
  for (const far of [-2, 2]) assert.equal(stepOfCode(secret, codeAt(secret, step + far), now, 0), undefined);
  assert.equal(stepOfCode(secret, codeAt(secret, step), now, step), undefined);
  for (const wrong of ["", "12345", "1234567", "abcdef"])
    assert.equal(stepOfCode(secret, wrong, now, 0), undefined);
});
