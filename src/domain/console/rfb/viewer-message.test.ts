import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { ByteReader } from "./byte-reader.ts";
import { abilitiesOf, encoding, encodingsFor } from "./encodings.ts";
import { setEncodings, updateRequest } from "./messages.ts";
import { longestViewerMessage, viewerMessage } from "./viewer-message.ts";

function read(...bytes: number[]) {
  const reader = new ByteReader("the viewer");
  reader.push(Buffer.from(bytes));
  const message = reader.read(viewerMessage(), longestViewerMessage);
  reader.fail(new RangeError("it wants more"));
  return message.then((value) => ({ value, left: reader.unread }));
}

describe("what a viewer says", () => {
  it("is understood as the gateway itself would say it", async () => {
    const area = { x: 1, y: 2, width: 300, height: 400 };
    const request = (await read(...updateRequest(true, area))).value;
    assert.deepEqual(request, { kind: "request", incremental: true, area });
    const named = (await read(...setEncodings([7, -223, -26]))).value;
    assert.deepEqual(named, { kind: "encodings", encodings: [7, -223, -26] });
  });

  it("is told apart by what it does", async () => {
    const acts = {
      key: [
        [4, 1, 0, 0, 0, 0, 0, 97],
        [255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30],
      ],
      pointer: [[5, 1, 0, 9, 0, 9]],
      text: [
        [6, 0, 0, 0, 0, 0, 0, 2, 104, 105],
        [6, 0, 0, 0, 255, 255, 255, 252, 0, 0, 0, 1],
      ],
      power: [[250, 0, 1, 2]],
      size: [[251, 0, 4, 0, 3, 0, 1, 0, ...Array<number>(16).fill(0)]],
    };
    for (const [act, messages] of Object.entries(acts))
      for (const bytes of messages) {
        const { value, left } = await read(...bytes);
        assert.ok(value.kind === "act" && value.act === act && value.bytes.equals(Buffer.from(bytes)));
        assert.equal(left, 0);
      }
  });

  it("has no effect where it was not negotiated", async () => {
    for (const bytes of [
      [150, ...Array<number>(9).fill(0)],
      [248, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9],
    ])
      assert.deepEqual(await read(...bytes), { value: { kind: "nothing" }, left: 0 });
    for (const bytes of [
      [255, 1, 0, 0],
      [255, 1, 0, 2, 1, 1, 0, 0, 0, 0],
    ])
      assert.deepEqual(await read(...bytes), { value: { kind: "sound", operation: bytes[3] }, left: 0 });
  });

  it("is refused where it is nonsense or too much", async () => {
    for (const bytes of [
      [9],
      [255, 7],
      [2, 0, 255, 255],
      [6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff],
      [6, 0, 0, 0, 0x80, 0, 0, 0],
    ])
      await assert.rejects(read(...bytes), (error) => hasCode(error, "console.protocol"));
  });

  it("never does more than end the conversation, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const reader = new ByteReader("the viewer");
        reader.push(Buffer.from(bytes));
        reader.fail(new RangeError("it wants more"));
        for (let count = 0; count <= bytes.length; count++)
          try {
            await reader.read(viewerMessage(), longestViewerMessage);
          } catch (error) {
            assert.ok(error instanceof RangeError || hasCode(error, "console.protocol"));
            return;
          }
        assert.fail("it read more messages than there are bytes");
      }),
    );
  });
});

describe("what QEMU is asked for", () => {
  it("is what both have, Tight first, and nothing that a new QEMU could not go on with", () => {
    const abilities = abilitiesOf([
      encoding.zrle,
      encoding.hextile,
      encoding.tight,
      encoding.cursor,
      -26,
      -254,
      50,
    ]);
    assert.deepEqual(encodingsFor(abilities, abilities.quality), [7, 16, 5, 0, -239, -254, -26, -259]);
    assert.deepEqual(encodingsFor(abilities, undefined), [7, 16, 5, 0, -239, -254, -259]);
  });

  it("is plain pixels without loss for a viewer that names nothing", () => {
    const abilities = abilitiesOf([]);
    assert.deepEqual([abilities.pixels, abilities.quality], [[0], undefined]);
  });
});
