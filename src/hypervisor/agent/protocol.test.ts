import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodePosition, encodeFields, encodePosition, Fields } from "./protocol.ts";

describe("fields", () => {
  it("come back as they were, lists in their order", () => {
    const value = fc.uint8Array({ maxLength: 300 });
    const key = fc.stringMatching(/^[a-z][a-z_.]{0,20}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.array(value, { minLength: 1, maxLength: 5 })), (list) => {
        const fields = new Fields(encodeFields(list));
        for (const [name, values] of Object.entries(list)) {
          assert.deepEqual(
            fields.all(name).map((bytes) => new Uint8Array(bytes)),
            values,
          );
        }
      }),
    );
  });

  it("leave out what is undefined and write numbers as text", () => {
    const fields = new Fields(encodeFields({ a: undefined, b: 7, c: 2n ** 62n, d: "é", e: [] }));
    assert.equal(fields.bytes("a"), undefined);
    assert.equal(fields.number("b"), 7);
    assert.equal(fields.text("c"), "4611686018427387904");
    assert.equal(fields.text("d"), "é");
    assert.deepEqual(fields.all("e"), []);
  });

  it("are refused when they are cut, never read beyond their end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          new Fields(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }),
    );
  });

  it("have no number where there is none", () => {
    const fields = new Fields(encodeFields({ a: "", b: "x", c: "12 " }));
    assert.deepEqual(
      ["a", "b", "c", "d"].map((key) => fields.number(key)),
      [undefined, undefined, 12, undefined],
    );
  });
});

describe("positions", () => {
  it("hold offsets beyond 4 GiB", () => {
    const payload = encodePosition(2, 2 ** 40 + 1, Buffer.from("x"));
    assert.deepEqual(decodePosition(payload), { stream: 2, offset: 2 ** 40 + 1, bytes: Buffer.from("x") });
  });
});
