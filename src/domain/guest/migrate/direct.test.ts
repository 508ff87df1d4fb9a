import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, Socket } from "node:net";
import { describe, it } from "node:test";
import { duplicate } from "#base/libc";
import { DirectBerth, DirectWay } from "./direct.ts";

const host = "127.0.0.1";

/** As QEMU gets it, which has a descriptor of its own then. */
const opened = (descriptor: number) =>
  new Socket({ fd: duplicate(descriptor), readable: true, writable: true });

async function berth(): Promise<DirectBerth> {
  const found = await DirectBerth.open(host);
  assert.ok(found);
  return found;
}

describe("connections between the QEMUs of a move", () => {
  it("are the source's for memory, once it has said the word", async () => {
    using there = await berth();
    const way = await DirectWay.find(host, there.offer);
    assert.ok(way);
    const far = opened((await there.memory()).descriptor);
    const near = opened(way.memory.descriptor);
    near.write("pages");
    const [came] = (await once(far, "data")) as [Buffer];
    assert.equal(came.toString(), "pages");
    for (const socket of [near, far]) socket.destroy();
  });

  it("are nobody else's", async () => {
    using there = await berth();
    const stranger = connect({ host, port: there.offer.memory });
    stranger.on("error", () => undefined);
    stranger.resume();
    await once(stranger, "connect");
    stranger.write("x".repeat(there.offer.word.length));
    await once(stranger, "close");
    assert.equal(await DirectWay.find(host, { ...there.offer, word: "0".repeat(32) }), undefined);
    const way = await DirectWay.find(host, there.offer);
    assert.ok(way);
    // It was given away.
    assert.equal(await DirectWay.find(host, there.offer), undefined);
    way.cut();
  });

  it("end for whoever has them when they are cut", async () => {
    using there = await berth();
    const way = await DirectWay.find(host, there.offer);
    assert.ok(way);
    const far = opened((await there.memory()).descriptor).resume();
    way.cut();
    way.cut();
    await once(far, "end");
    far.destroy();
  });

  it("are not there where nobody listens, and not on an address of another host", async () => {
    const there = await berth();
    there[Symbol.dispose]();
    assert.equal(await DirectWay.find(host, there.offer), undefined);
    assert.equal(await DirectBerth.open("192.0.2.1"), undefined);
  });
});
