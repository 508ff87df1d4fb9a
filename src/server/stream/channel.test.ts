import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { connect } from "node:net";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import type { Problem } from "#contract/errors";
import { inputWindow, longestMessage } from "#contract/stream";
import { startFakeDaemon, until, type FakeDaemon } from "../../../test/fakes/fake-daemon.ts";
import { Channel } from "./channel.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

interface Peer {
  readonly socket: WebSocket;
  readonly frames: { type: string; problem?: Problem }[];
  readonly closed: Promise<number>;
}

/** A client with no manners, which sends what it is told to. */
async function open(...messages: (string | Buffer)[]): Promise<Peer> {
  const options = { createConnection: () => connect(daemon.socketPath), perMessageDeflate: false };
  const socket = new WebSocket("ws://lodge/v1/guests/db/exec", options as never);
  const frames: Peer["frames"] = [];
  socket.on("message", (data: Buffer, binary) => {
    if (!binary) frames.push(JSON.parse(data.toString()) as Peer["frames"][number]);
  });
  socket.on("error", () => undefined);
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise((resolve) => socket.once("open", resolve));
  for (const message of messages) socket.send(message);
  return { socket, frames, closed };
}

/** One whose command runs by the time it sends. */
async function running(...messages: (string | Buffer)[]): Promise<Peer> {
  const peer = await open(start("sleep"));
  await until(() => peer.frames.length > 0);
  for (const message of messages) peer.socket.send(message);
  return peer;
}

const start = (...argv: string[]) => JSON.stringify({ type: "exec", argv });
const input = (length: number, stream = 0) => Buffer.alloc(length + 1, stream);
const fieldOf = ({ frames }: Peer) => frames.at(-1)?.problem?.params["field"];

test("nonsense is answered with what is wrong with it, and the end", async () => {
  const cases: [(string | Buffer)[], string][] = [
    [["{"], "frame"],
    [["null"], "type"],
    [['{"type":"console"}'], "type"],
    [['{"type":"exec"}'], "argv"],
    [['{"type":"exec","argv":["a"],"shell":true}'], "shell"],
    [['{"type":"exec","argv":["a"],"env":{"A B":"c"}}'], "env.A B"],
    [['{"type":"exec","argv":["a"],"cwd":"relative"}'], "cwd"],
    [[input(3)], "input"],
  ];
  for (const [messages, field] of cases) {
    const peer = await open(...messages);
    await peer.closed;
    assert.equal(peer.frames.length, 1);
    assert.equal(fieldOf(peer), field);
  }
});

test("a running command's client may not break the rules either, and hangs up where it does", async () => {
  const cases: [(string | Buffer)[], string][] = [
    [[input(3, 1)], "input"],
    [['{"type":"resize","rows":0,"cols":80}'], "rows"],
    [['{"type":"signal","signal":"KILL"}'], "signal"],
    [[start("cat")], "type"],
    [['{"type":"eof"}', input(1)], "input"],
  ];
  for (const [messages, field] of cases) {
    const peer = await running(...messages);
    assert.equal(await peer.closed, 1008, field);
    assert.equal(fieldOf(peer), field);
    await until(() => daemon.services.streams.commands.at(-1)?.ended === true);
  }
});

test("who sends more than the window allows is cut off", async () => {
  const pieces = Array.from({ length: inputWindow / 65_536 }, () => input(65_536));
  const full = await open(start("sleep"), ...pieces);
  await until(() => full.frames.length > 0);
  assert.deepEqual(full.frames, [{ type: "started" }]);
  full.socket.send(input(inputWindow / 2));
  full.socket.send(input(inputWindow / 2));
  assert.equal(await full.closed, 1008);
  assert.equal(fieldOf(full), "input");
});

test("pieces of nothing wait nowhere: the window, of which they take none, would not bound them", () => {
  const socket = Object.assign(new EventEmitter(), { send: () => undefined });
  const channel = new Channel(socket as unknown as WebSocket, new AbortController().signal);
  socket.emit("message", Buffer.from(start("cat")), false);
  for (const length of [0, 0, 2, 0]) socket.emit("message", input(length), true);
  const pieces: number[] = [];
  channel.feed(
    new Writable({
      write(piece: Buffer, _encoding, done) {
        pieces.push(piece.length);
        done();
      },
    }),
  );
  assert.deepEqual(pieces, [2]);
});

test("a message that is too long ends the stream", async () => {
  const peer = await running(input(longestMessage + 1));
  assert.equal(await peer.closed, 1009);
  await until(() => daemon.services.streams.commands.at(-1)?.ended === true);
});

test("who opens a stream and says nothing is shown out", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const peer = await open();
  context.mock.timers.tick(10_000);
  await peer.closed;
  assert.equal(fieldOf(peer), "the first frame");
});
