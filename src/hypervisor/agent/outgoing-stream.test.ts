import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { OutgoingStream } from "./outgoing-stream.ts";
import { streamWindow } from "./protocol.ts";

function stream() {
  const sent: { offset: number; text: string }[] = [];
  const ends: number[] = [];
  const it = new OutgoingStream({
    data: (offset, bytes) => sent.push({ offset, text: bytes.toString("latin1") }),
    end: (offset) => ends.push(offset),
  });
  const bytes = () => sent.reduce((sum, { text }) => sum + text.length, 0);
  return { it, sent, ends, bytes };
}

describe("a stream into a guest", () => {
  it("waits while the window is full and goes on when the guest has taken some", () => {
    const { it, bytes } = stream();
    it.write(Buffer.alloc(streamWindow + 5000));
    assert.equal(bytes(), streamWindow);
    it.acknowledge(3000);
    assert.equal(bytes(), streamWindow + 3000);
    it.acknowledge(streamWindow);
    assert.equal(bytes(), streamWindow + 5000);
  });

  it("sends again what the guest does not have, and its end", async () => {
    const { it, sent, ends } = stream();
    it.write("hello ");
    it.end("world");
    await once(it, "finish");
    sent.length = 0;
    it.resume(8);
    assert.deepEqual(sent, [{ offset: 8, text: "rld" }]);
    assert.deepEqual(ends, [11, 11]);
  });

  it("sends what got lost before what waits behind it", () => {
    const { it, sent } = stream();
    it.write(Buffer.alloc(streamWindow + 5000));
    sent.length = 0;
    it.resume(3000);
    let next = 3000;
    for (const { offset, text } of sent) {
      assert.equal(offset, next);
      next += text.length;
    }
    assert.equal(next, streamWindow + 3000);
  });

  it("says nothing more until it is told what the guest has", () => {
    const { it, sent, ends } = stream();
    it.write("ab");
    it.hold();
    it.end("cd");
    assert.deepEqual([sent.length, ends], [1, []]);
    it.resume(1);
    assert.equal(
      sent
        .slice(1)
        .map(({ text }) => text)
        .join(""),
      "bcd",
    );
    assert.deepEqual(ends, [4]);
  });

  it("begins where the guest is when an earlier writer was before it", () => {
    const { it, sent } = stream();
    it.resume(500);
    it.write("more");
    assert.deepEqual(sent, [{ offset: 500, text: "more" }]);
    assert.equal(it.sent, 504);
  });

  it("takes no acknowledgement of what it has not sent", () => {
    const { it, bytes } = stream();
    it.write("abc");
    it.acknowledge(1000);
    it.resume(0);
    assert.equal(bytes(), 6);
  });

  it("lets its writer go on when nobody reads any more", async () => {
    const { it } = stream();
    it.write(Buffer.alloc(streamWindow * 2));
    it.closeReader();
    it.end(Buffer.alloc(streamWindow));
    await once(it, "finish");
  });
});
