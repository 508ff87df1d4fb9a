import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { metadataOf } from "./tus.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("Upload-Metadata", () => {
  it("is keys with values in base64, of which either may be missing", () => {
    assert.deepEqual(metadataOf(undefined), {});
    assert.deepEqual(metadataOf(""), {});
    assert.deepEqual(metadataOf(`filename ${base64("Größe.iso")},name ${base64("x")}, flag`), {
      filename: "Größe.iso",
      name: "x",
      flag: "",
    });
  });

  it("is refused where it is none", () => {
    for (const header of [
      "a ,b c d",
      "a eA==,a eA==",
      "ä eA==",
      "a *",
      ",",
      `a ${"A".repeat(9000)}`,
      "a eA== b",
    ])
      assert.throws(
        () => metadataOf(header),
        (error) => hasCode(error, "upload.metadata"),
        header.slice(0, 20),
      );
  });
});
