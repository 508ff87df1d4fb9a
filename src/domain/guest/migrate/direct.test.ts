import assert from "node:assert/strict";
import { once } from "node:events";
import { Server, Socket, createServer } from "node:net";
import { describe, it } from "node:test";
import { duplicate } from "#base/libc";
import { DirectBerth, DirectWay } from "./direct.ts";

const host = "127.0.0.1";

/** As QEMU gets it, which has a descriptor of its own then. */
const opened = (descriptor: number) =>
  new Socket({ fd: duplicate(descriptor), readable: true, writable: true });
const listening = (descriptor: number): Server => createServer().listen({ fd: duplicate(descriptor) });

describe("connections for a moving guest's disks", () => {
  it("wait until the target's QEMU listens, one for each disk", async () => {
    using there = (await DirectBerth.open(host))!;
    const way = await DirectWay.find(host, there.offer);
    assert.ok(way);
    const ours = [await way.disk(), await way.disk()].map(({ descriptor }) => opened(descriptor));
    const server = listening(there.socket.descriptor);
    const theirs: Socket[] = [];
    while (theirs.length < 2) theirs.push(...((await once(server, "connection")) as [Socket]));
    ours[0]!.write("blocks");
    const came = await Promise.race(theirs.map((socket) => once(socket, "data")));
    assert.equal(String(came[0]), "blocks");
    for (const socket of [...ours, ...theirs]) socket.destroy();
    server.close();
    way.cut();
  });

  it("end for whoever has them when they are cut", async () => {
    using there = (await DirectBerth.open(host))!;
    const way = await DirectWay.find(host, there.offer);
    assert.ok(way);
    const disk = opened((await way.disk()).descriptor).resume();
    way.cut();
    way.cut();
    await once(disk, "end");
    disk.destroy();
  });

  it("are not there where nobody listens, and not on an address of another host", async () => {
    const there = (await DirectBerth.open(host))!;
    there[Symbol.dispose]();
    assert.equal(await DirectWay.find(host, there.offer), undefined);
    assert.equal(await DirectBerth.open("192.0.2.1"), undefined);
  });
});
