import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { longestClipboard, MessageReader } from "./message-reader.ts";
import { encodeMessage, type Message, messageType, SpiceProtocolError, u32 } from "./protocol.ts";

function read(...pieces: readonly Buffer[]): Message[] {
  const found: Message[] = [];
  const reader = new MessageReader((message) => found.push(message));
  for (const piece of pieces) reader.push(piece);
  return found;
}

/** In one chunk, as spice-vdagentd writes it. */
const whole = (type: number, data: Buffer, port = 1) =>
  Buffer.concat([u32(port, 20 + data.length, 1, type, 0, 0, data.length), data]);
/** Cut at these places. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe("messages of SPICE's agent", () => {
  it("are what was written, however they are cut and chunked", () => {
    const kinds = fc.constantFrom(messageType.clipboard, messageType.grab, messageType.fileStatus);
    const message = fc.record({
      type: kinds,
      data: fc.uint8Array({ maxLength: 250 }),
      chunked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), fc.array(fc.nat()), (messages, places) => {
        const bytes = Buffer.concat(
          messages.map(({ type, data, chunked }) =>
            chunked ? encodeMessage(type, data) : whole(type, Buffer.from(data)),
          ),
        );
        assert.deepEqual(
          read(...cut(bytes, places)),
          messages.map(({ type, data }) => ({ type, data: Buffer.from(data) })),
        );
      }),
    );
  });

  it("of a text as long as can be come whole, over many chunks", () => {
    const text = Buffer.alloc(longestClipboard + 8, "x");
    const [message] = read(encodeMessage(messageType.clipboard, text));
    assert.ok(message?.data.equals(text));
  });

  it("that are too long are passed over, and a text that is becomes none", () => {
    const long = encodeMessage(messageType.clipboard, Buffer.alloc(longestClipboard + 9));
    const release = encodeMessage(messageType.release, u32(0));
    const found = read(long, encodeMessage(messageType.grab, Buffer.alloc(300)), release);
    assert.deepEqual(
      found.map(({ type, data }) => [type, data.length]),
      [
        [messageType.clipboard, 0],
        [messageType.release, 4],
      ],
    );
  });

  it("of kinds that nobody waits for are passed over, and those of the other port", () => {
    const found = read(
      encodeMessage(99, Buffer.alloc(5000)),
      whole(messageType.grab, u32(1), 2),
      encodeMessage(messageType.release, u32(0)),
    );
    assert.deepEqual(found, [{ type: messageType.release, data: u32(0) }]);
  });

  it("end with bytes that are none", () => {
    for (const bytes of [
      u32(0, 20),
      u32(3, 20),
      u32(1, 0),
      u32(1, 0xffffffff),
      u32(1, 20, 2, messageType.grab, 0, 0, 0),
      u32(1, 20, 1, messageType.grab, 0, 0, 0xffffffff),
    ])
      assert.throws(() => read(bytes), SpiceProtocolError);
  });

  it("whatever bytes come, are understood or refused, and none is longer than it may be", () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((data) => Buffer.from(data));
    const framed = fc.tuple(fc.nat(20), bytes).map(([type, data]) => whole(type, data));
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, framed)), (pieces) => {
        try {
          for (const { data } of read(...pieces)) assert.ok(data.length <= longestClipboard + 8);
        } catch (error) {
          assert.ok(error instanceof SpiceProtocolError, String(error));
        }
      }),
    );
  });
});
