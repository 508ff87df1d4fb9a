import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { constants, deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import {
  clipboardCaps,
  clipboardNotify,
  clipboardProvide,
  clipboardRequest,
  longestText,
  readCutText,
} from "./cut-text.ts";

/** What a viewer says: the length is negative where it is extended. */
function said(length: number, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.from([6, 0, 0, 0, 0, 0, 0, 0]);
  head.writeInt32BE(length, 4);
  return Buffer.concat([head, ...parts]);
}
const extended = (action: number, data: Buffer = Buffer.alloc(0), formats = 1) =>
  said(-4 - data.length, Buffer.of(action, 0, 0, formats), data);
function deflated(text: Buffer, finishFlush: number = constants.Z_SYNC_FLUSH): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(text.length);
  return deflateSync(Buffer.concat([size, text]), { finishFlush });
}

describe("copied text in RFB", () => {
  it("is Latin-1, or by the extended clipboard UTF-8 with a zero at its end", () => {
    assert.deepEqual(readCutText(said(2, Buffer.of(0xe4, 0x62))), { kind: "text", text: "äb" });
    for (const end of [constants.Z_SYNC_FLUSH, constants.Z_FINISH])
      assert.deepEqual(readCutText(extended(16, deflated(Buffer.from("ä\r\n☺\0"), end))), {
        kind: "text",
        text: "ä\n☺",
      });
  });

  it("is told of, asked for and asked after", () => {
    assert.deepEqual(readCutText(extended(8)), { kind: "notify", hasText: true });
    assert.deepEqual(readCutText(extended(8, Buffer.alloc(0), 0)), { kind: "notify", hasText: false });
    assert.deepEqual(readCutText(extended(2)), { kind: "request" });
    assert.deepEqual(readCutText(extended(4)), { kind: "peek" });
  });

  it("is none where it is of another kind, broken, or longer than it may be", () => {
    const bomb = deflateSync(Buffer.alloc(64 * longestText));
    assert.ok(bomb.length < longestText);
    assert.deepEqual(readCutText(extended(31)), { kind: "nothing" });
    assert.deepEqual(readCutText(extended(16, deflated(Buffer.from("x")), 2)), { kind: "nothing" });
    assert.deepEqual(readCutText(said(-2, Buffer.alloc(2))), { kind: "nothing" });
    for (const message of [
      extended(16, Buffer.from("no zlib")),
      extended(16, deflateSync(Buffer.alloc(3))),
      extended(16, bomb),
      extended(16, deflated(Buffer.alloc(longestText + 1, "x"))),
      said(longestText + 1, Buffer.alloc(longestText + 1)),
    ])
      assert.deepEqual(readCutText(message), { kind: "text", text: undefined });
    assert.equal(readCutText(extended(16, deflated(Buffer.alloc(longestText, "x")))).kind, "text");
  });

  it("is not even looked at where nobody waits for it", () => {
    assert.deepEqual(readCutText(extended(16, deflated(Buffer.from("x"))), false), { kind: "nothing" });
    assert.equal(readCutText(said(1, Buffer.of(0x62)), false).kind, "text");
  });

  it("is nothing bad, whatever a viewer says", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array(), (action, data) => {
        readCutText(extended(action, Buffer.from(data)));
      }),
    );
  });

  it("goes to viewers as they read it", () => {
    assert.deepEqual([...clipboardNotify(true)], [3, 0, 0, 0, 255, 255, 255, 252, 8, 0, 0, 1]);
    assert.deepEqual([...clipboardNotify(false)].slice(8), [8, 0, 0, 0]);
    assert.deepEqual([...clipboardRequest()].slice(8), [2, 0, 0, 1]);
    assert.deepEqual([...clipboardCaps()].slice(4), [255, 255, 255, 248, 31, 0, 0, 1, 0, 16, 0, 0]);
    const given = clipboardProvide("ä\nb\rc\r\nd");
    assert.equal(-given.readInt32BE(4), given.length - 8);
    const text = inflateSync(given.subarray(12));
    assert.equal(text.subarray(4).toString(), "ä\r\nb\r\nc\r\nd\0");
    assert.equal(text.readUInt32BE(0), text.length - 4);
  });
});
