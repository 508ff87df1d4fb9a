import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IncomingStream } from "./incoming-stream.ts";
import { streamWindow } from "./protocol.ts";

function stream(start = 0): { stream: IncomingStream; acks: number[] } {
  const acks: number[] = [];
  return { stream: new IncomingStream(start, (offset) => acks.push(offset)), acks };
}

async function read(source: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of source) text += chunk.toString();
  return text;
}

describe("a stream out of a guest", () => {
  it("is read once, though its parts were sent again", async () => {
    const { stream: it } = stream();
    it.receive(0, Buffer.from("one "));
    it.receive(0, Buffer.from("one two "));
    it.receive(4, Buffer.from("two three"));
    it.end();
    assert.equal(await read(it), "one two three");
  });

  it("goes on where an earlier reader was", async () => {
    const { stream: it } = stream(1000);
    it.receive(996, Buffer.from("old new"));
    it.end();
    assert.equal(await read(it), "new");
    assert.equal(it.consumed, 1003);
  });

  it("refuses a gap, and more than the window", () => {
    const { stream: it } = stream();
    assert.throws(() => it.receive(1, Buffer.from("x")), RangeError);
    it.receive(0, Buffer.alloc(streamWindow));
    assert.throws(() => it.receive(streamWindow, Buffer.alloc(1)), RangeError);
  });

  it("acknowledges what its reader has had, not what has come", async () => {
    const { stream: it, acks } = stream();
    for (let at = 0; at < streamWindow; at += streamWindow / 8)
      it.receive(at, Buffer.alloc(streamWindow / 8));
    assert.deepEqual(acks, []);
    let chunks = 0;
    for await (const _ of it) if (++chunks === 3) break;
    assert.equal(acks[0], streamWindow / 4);
  });

  it("throws the rest away when its reader stops, so that the writer goes on", async () => {
    const { stream: it, acks } = stream();
    it.receive(0, Buffer.alloc(100));
    for await (const _ of it) break;
    it.receive(100, Buffer.alloc(streamWindow - 100));
    assert.equal(acks.at(-1), streamWindow);
    it.end();
    assert.equal(it.finished, true);
  });

  it("gives what has come before it fails", async () => {
    const { stream: it } = stream();
    it.receive(0, Buffer.from("some"));
    it.fail(new Error("lost"));
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const chunk of it) seen.push(chunk.toString());
    }, /lost/);
    assert.deepEqual(seen, ["some"]);
  });

  it("is read byte by byte, in a time that grows as their number does", async () => {
    // Where each one moves all that come after it, this takes half a minute, in which nobody else is served.
    const { stream: it } = stream();
    for (let at = 0; at < streamWindow; at++) it.receive(at, Buffer.of(at & 0xff));
    let at = 0;
    for await (const [byte] of it) {
      assert.ok(byte === (at & 0xff));
      if (++at === streamWindow) it.end();
    }
    assert.deepEqual([at, it.finished], [streamWindow, true]);
  });

  it("wakes a reader that waits", async () => {
    const { stream: it } = stream();
    const text = read(it);
    await new Promise(setImmediate);
    it.receive(0, Buffer.from("late"));
    await new Promise(setImmediate);
    it.end();
    assert.equal(await text, "late");
  });
});
