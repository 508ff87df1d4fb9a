import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { readMoveToken, writeMoveToken } from "./move-token.ts";

describe("a token for a move", () => {
  it("says where, by whose certificate, which visit and by what secret", () => {
    const token = {
      address: "198.51.100.7:8473",
      fingerprint: "AB:CD:01",
      visit: "v0123456789",
      secret: "x",
    };
    assert.deepEqual(readMoveToken(writeMoveToken(token)), token);
  });

  it("is refused in words where it is none, or one of another sort", () => {
    const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const text of [
      "",
      "lodge-move-",
      `lodge-join-${json(["a", "b", "c", "d"])}`,
      `lodge-move-${json(["a", 1])}`,
    ])
      assert.throws(
        () => readMoveToken(text),
        (error) => hasCode(error, "visit.token_malformed"),
      );
  });
});
