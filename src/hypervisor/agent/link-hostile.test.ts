/** A guest that means harm: what it says must not stop, fill or occupy the host. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import { AgentClient } from "./client.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  encodeFields,
  encodeFrame,
  encodePosition,
  Fields,
  frameType,
  magic,
  streamWindow,
} from "./protocol.ts";

interface Talk {
  readonly socket: Socket;
  readonly epoch: number;
  say(type: number, channel: number, payload: Uint8Array): void;
}

interface Guest {
  /** What it says to a HELLO besides a right WELCOME; undefined says only what `onHello` writes. */
  onHello?(talk: Talk, nonce: Buffer): void;
  onFrame?(talk: Talk, type: number, channel: number): void;
}

async function start(t: TestContext, guest: Guest): Promise<AgentClient> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-hostile-"));
  const path = join(folder, "agent");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let talk: Talk | undefined;
    let reader: FrameReader | undefined;
    socket.on("data", (bytes: Buffer) => {
      let rest = bytes;
      if (!reader) {
        const end = magic.length + 9 + bytes.readUInt32BE(magic.length) + 4;
        const epoch = bytes.readUInt32BE(end - 4);
        const nonce = new Fields(bytes.subarray(magic.length + 9, end - 4)).bytes("nonce") ?? Buffer.alloc(0);
        talk = {
          socket,
          epoch,
          say: (type, channel, payload) => socket.write(encodeFrame(type, channel, payload, epoch)),
        };
        reader = new FrameReader(epoch);
        reader.push(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, Buffer.alloc(0), epoch)]));
        if (guest.onHello) guest.onHello(talk, nonce);
        else {
          const fields = encodeFields({ nonce, boot: "boot", version: 1 });
          socket.write(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, fields, epoch)]));
        }
        rest = bytes.subarray(end);
      }
      for (const { type, channel } of reader.push(rest)) if (talk) guest.onFrame?.(talk, type, channel);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = new AgentClient({ path, guest: "hostile" });
  t.after(async () => {
    client.close();
    server.close();
    for (const socket of sockets) socket.destroy();
    await rm(folder, { recursive: true });
  });
  return client;
}

const open = (talk: Talk, channel: number) =>
  talk.say(frameType.opened, channel, encodeFields({ pid: 1, streams: "12", stdin: 0 }));

describe("a hostile guest", () => {
  it("is lost when its greeting makes no sense", async (t) => {
    const client = await start(t, {
      onHello: ({ socket, epoch }) =>
        socket.write(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, Buffer.from([200]), epoch)])),
    });
    await assert.rejects(client.hello({ timeout: 2000 }), (error) => hasCode(error, "agent.lost"));
  });

  it("is not greeted without end, however often it says that it is ready", async (t) => {
    let greetings = 0;
    const ready = Buffer.concat([magic, encodeFrame(frameType.ready, 0, Buffer.alloc(16, 1), 0)]);
    const client = await start(t, {
      onHello: ({ socket }) => {
        socket.on("data", () => greetings++);
        socket.pause();
        for (let at = 0; at < 2000; at++) socket.write(ready);
        setTimeout(() => socket.resume(), 200);
      },
    });
    await assert.rejects(client.hello({ timeout: 300 }), (error) => hasCode(error, "agent.unreachable"));
    assert.ok(greetings < 100, `${greetings} reads of greetings`);
  });

  const half = Buffer.alloc(streamWindow / 2 + 1);
  for (const [what, type, payloads] of [
    ["skips output", frameType.data, [encodePosition(1, 5, Buffer.from("x"))]],
    [
      "sends more than the window",
      frameType.data,
      [encodePosition(1, 0, half), encodePosition(1, half.length, half)],
    ],
    ["sends half a position", frameType.data, [Buffer.from([1, 2])]],
    ["sends fields that are none", frameType.result, [Buffer.from([9, 9])]],
  ] as const) {
    it(`ends one command, with an error, when it ${what}`, async (t) => {
      const client = await start(t, {
        onFrame: (talk, kind, channel) => {
          if (kind !== frameType.open) return;
          open(talk, channel);
          for (const payload of payloads) talk.say(type, channel, payload);
        },
      });
      const session = await client.exec({ argv: ["x"] });
      await assert.rejects(session.exit, (error) => hasCode(error, "agent.refused"));
      await client.hello({ timeout: 100 });
    });
  }

  it("cannot occupy the host by sending a long frame byte by byte", async (t) => {
    const reader = new FrameReader(1);
    reader.push(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, Buffer.alloc(0), 1)]));
    const frame = encodeFrame(frameType.data, 1, Buffer.alloc(200_000), 1);
    const begin = performance.now();
    for (let at = 0; at < frame.length - 1; at++)
      assert.equal(reader.push(frame.subarray(at, at + 1)).length, 0);
    assert.equal(reader.push(frame.subarray(-1)).length, 1);
    t.diagnostic(`${(performance.now() - begin).toFixed(0)} ms for 200,013 pieces`);
    assert.ok(performance.now() - begin < 5000);
  });

  it("cannot fill the host's memory by not reading while it asks again and again", async (t) => {
    const client = await start(t, {
      onFrame: (talk, type, channel) => {
        if (type === frameType.open) open(talk, channel);
        if (type !== frameType.data) return;
        talk.socket.pause();
        void (async () => {
          for (let at = 0; at < 3000 && !talk.socket.destroyed; at++) {
            open(talk, channel);
            if (at % 50 === 0) await delay(1);
          }
        })();
      },
    });
    const session = await client.exec({ argv: ["x"] });
    session.stdin.write(Buffer.alloc(streamWindow));
    await assert.rejects(session.exit, (error) => hasCode(error, "agent.lost"));
    assert.ok(process.memoryUsage().rss < 400 * 1024 * 1024);
  });
});
