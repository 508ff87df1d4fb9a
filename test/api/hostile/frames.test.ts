/** Is a WebSocket that breaks the protocol's rules, or wants more than its share, ended without harm to others? */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { guestRecords } from "../../fakes/guest-records.ts";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { addPerson, assertTellsNothing, bugsOf, memoryOf, othersAreServed } from "./bystander.ts";
import { closed, dial, heardOn, say, statusesIn } from "./raw.ts";

const MiB = 1_048_576;

interface FrameOptions {
  /** First byte's bits besides the opcode: 0x80 the last piece of a message, 0x40 compressed. */
  readonly bits?: number;
  readonly masked?: boolean;
  /** Length as the frame says it, where that is not so. */
  readonly length?: bigint;
}

/** A frame (RFC 6455, 5.2), right or wrong. Its mask is of zeros, which leaves what is in it as it is. */
function frame(opcode: number, content: Buffer, options: FrameOptions = {}): Buffer {
  const { bits = 0x80, masked = true, length = BigInt(content.length) } = options;
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126n
      ? Buffer.of(bits | opcode, mask | Number(length))
      : length < 65_536n
        ? Buffer.of(bits | opcode, mask | 126, Number(length) >> 8, Number(length) & 255)
        : Buffer.concat([Buffer.of(bits | opcode, mask | 127), bigEndian(length)]);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), content]);
}

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** The code of the last frame, if that is a close. */
function closeCodeIn(heard: string): number | undefined {
  const bytes = Buffer.from(heard, "latin1");
  for (let at = bytes.length - 4; at >= 0; at--)
    if (bytes[at] === 0x88 && bytes[at + 1] === bytes.length - at - 2) return bytes.readUInt16BE(at + 2);
  return undefined;
}

describe("a WebSocket of somebody who may have one", () => {
  let daemon: FakedDaemon;
  let url = "";
  let token = "";
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3) });
    await addPerson(daemon, "bystander");
    url = await daemon.url();
    const body = { name: "hostile", role: "operator" } as const;
    token = (await daemon.client.call("tokenCreate", { body })).secret;
  });
  after(() => daemon.close());

  const greeting = (path: string, more = "", key = "AQIDBAUGBwgJCgsMDQ4PEA==", version = 13): string =>
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${new URL(url).host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      `Sec-WebSocket-Version: ${version}`,
      `Sec-WebSocket-Key: ${key}`,
      `Authorization: Bearer ${token}`,
      `${more}\r\n`,
    ].join("\r\n") + (more === "" ? "" : "\r\n");

  /** One that is open, and what it said at first. */
  async function open(path: string, more = ""): Promise<{ socket: Socket; head: string }> {
    const socket = await dial(url);
    socket.write(greeting(path, more));
    const [head] = (await once(socket, "data")) as [Buffer];
    assert.match(head.toString("latin1"), /^HTTP\/1\.1 101 /);
    return { socket, head: head.toString("latin1") };
  }

  async function closedWith(path: string, bytes: Buffer): Promise<number | undefined> {
    const { socket } = await open(path);
    const heard = heardOn(socket);
    socket.write(bytes);
    const all = await heard;
    assertTellsNothing(all, daemon);
    return closeCodeIn(all);
  }

  const exec = "/v1/guests/guest-00000/exec";
  const events = "/v1/events";

  it("is closed where a frame breaks the rules", async () => {
    const some = Buffer.from("{}");
    const cases: [string, Buffer, number][] = [
      ["a frame without a mask", frame(1, some, { masked: false }), 1002],
      ["a frame that is compressed, unasked", frame(1, some, { bits: 0xc0 }), 1002],
      ["bits that mean nothing", frame(1, some, { bits: 0xb0 }), 1002],
      ["an opcode that means nothing", frame(3, some), 1002],
      ["a ping that is too long", frame(9, Buffer.alloc(126)), 1002],
      ["a ping in pieces", frame(9, some, { bits: 0 }), 1002],
      ["a piece of no message", frame(0, some), 1002],
      ["a message within another", Buffer.concat([frame(1, some, { bits: 0 }), frame(1, some)]), 1002],
      ["text that is none", frame(1, Buffer.of(0xc0, 0xaf, 0xff)), 1007],
      ["a close with a code that is none", frame(8, Buffer.of(0, 1)), 1002],
      ["a message beyond the limit", frame(2, Buffer.alloc(16), { length: BigInt(2 * MiB) }), 1009],
      ["a length beyond all bounds", frame(2, Buffer.alloc(16), { length: 1n << 62n }), 1009],
    ];
    for (const path of [exec, events])
      for (const [why, bytes, code] of cases)
        assert.equal(await closedWith(path, bytes), code, `${path} ${why}`);
  });

  it("is closed where pieces of one message never end", async () => {
    const first = frame(2, Buffer.of(0), { bits: 0 });
    const empty = Buffer.concat(Array<Buffer>(20_000).fill(frame(0, Buffer.alloc(0), { bits: 0 })));
    // Who goes on writing may be cut off before he has read why.
    assert.ok([1008, undefined].includes(await closedWith(events, Buffer.concat([first, empty]))));
    const large = Buffer.concat(Array<Buffer>(40).fill(frame(0, Buffer.alloc(32_768), { bits: 0 })));
    assert.ok([1009, undefined].includes(await closedWith(events, Buffer.concat([first, large]))));
  });

  it("is closed where its first frame is nonsense, or input comes before it", async () => {
    for (const bytes of [frame(1, Buffer.from("{")), frame(1, Buffer.from("[".repeat(500_000)))]) {
      const { socket } = await open(exec);
      const heard = heardOn(socket);
      socket.write(bytes);
      const all = await heard;
      assertTellsNothing(all, daemon);
      assert.match(all, /"code":"api\.invalid"/);
    }
    assert.equal(await closedWith(exec, frame(2, Buffer.of(0, 1, 2))), 1008);
  });

  it("is never compressed, whatever it offers: what packs small unpacks large", async () => {
    const { socket, head } = await open(events, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert.doesNotMatch(head, /sec-websocket-extensions/i);
    socket.destroy();
  });

  it("does not open by a greeting that is none", async () => {
    for (const [why, head] of Object.entries({
      "another version": greeting(events, "", undefined, 7),
      "a key that is none": greeting(events, "", "short"),
      "two upgrades": greeting(events).replace("websocket", "h2c, websocket"),
      "what is not there": greeting("/v1/nothing"),
    })) {
      const heard = await say(url, head);
      assert.ok((statusesIn(heard)[0] ?? 0) >= 400, `${why}: ${heard.slice(0, 200)}`);
      assertTellsNothing(heard, daemon);
    }
  });

  it("is closed at once where there is no stream", async () => {
    const { socket } = await open("/v1/guests");
    const heard = await heardOn(socket);
    assert.doesNotMatch(heard, /guest-00000/);
  });

  it("that floods with pings and takes no pong costs no memory and nobody's answers", async () => {
    const before = memoryOf(daemon);
    const floods = await Promise.all(Array.from({ length: 8 }, () => open(events)));
    const pings = Buffer.concat(Array<Buffer>(10_000).fill(frame(9, Buffer.alloc(125, 1))));
    const ended = floods.map(({ socket }) => {
      socket.pause();
      const ended = closed(socket);
      const more = () => {
        while (!socket.destroyed && socket.write(pings));
      };
      socket.on("drain", more);
      more();
      return ended;
    });
    await othersAreServed(url);
    for (const { socket } of floods) socket.resume();
    // Those that took nothing were ended; one that got its pongs after all is ended here.
    for (const { socket } of floods) socket.destroy();
    await Promise.all(ended);
    assert.ok(memoryOf(daemon) - before < 128 * MiB, "memory was kept for pongs");
    await othersAreServed(url);
  });

  it("has left a daemon without a bug", () => {
    assert.deepEqual(bugsOf(daemon).slice(0, 3), []);
  });
});
