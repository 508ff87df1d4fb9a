import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalIn } from "./refusal.ts";

const words = (data: string): string =>
  `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${data}, v1db1`;

test("why a right password does not let in is told, and a wrong one is a wrong one", () => {
  assert.equal(refusalIn(words("532")), "the password there has expired");
  assert.equal(refusalIn(words("773")), "the password there has to be changed first");
  for (const wrong of [words("52e"), words("525"), words("775"), words("5320"), "Invalid credentials", ""])
    assert.equal(refusalIn(wrong), undefined);
});
