/** Do clients that are slow, or half gone, keep the daemon from anybody else? */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { guestRecords } from "../../fakes/guest-records.ts";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { addPerson, bugsOf, memoryOf, openFiles, othersAreServed, until } from "./bystander.ts";
import { dial, heardOn } from "./raw.ts";

const MiB = 1_048_576;

describe("clients that are slow", () => {
  let daemon: FakedDaemon;
  let url = "";
  let head = "";
  /** Files that the daemon has open while nobody but the test's own client is there. */
  let quiet = 0;
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3_000) });
    await addPerson(daemon, "bystander");
    url = await daemon.url();
    head = `Host: ${new URL(url).host}\r\nAuthorization: Bearer ${await daemon.token()}\r\n`;
    await othersAreServed(url);
    await until(() => openFiles(daemon) < 100, "a quiet daemon");
    quiet = openFiles(daemon);
  });
  after(() => daemon.close());

  const crowd = (count: number): Promise<Socket[]> =>
    Promise.all(Array.from({ length: count }, () => dial(url)));

  async function leave(sockets: readonly Socket[], how: (socket: Socket) => unknown): Promise<void> {
    for (const socket of sockets) how(socket);
    await until(() => openFiles(daemon) <= quiet + 5, "the end of every connection");
  }

  it("in reading take the memory of one answer each, however many they ask for", async () => {
    const before = memoryOf(daemon);
    const sockets = await crowd(40);
    // Sent ahead as well, each of them half a megabyte.
    const ask = `GET /v1/guests?limit=1000 HTTP/1.1\r\n${head}\r\n`;
    for (const socket of sockets) {
      socket.pause();
      socket.write(ask.repeat(50));
    }
    for (let round = 0; round < 3; round++) await othersAreServed(url);
    assert.ok(memoryOf(daemon) - before < 300 * MiB, "answers gather for whoever does not take them");
    await leave(sockets, (socket) => socket.destroy());
  });

  it("in saying what they want are told that it is enough", async () => {
    const sockets = await crowd(200);
    const heard = sockets.map(heardOn);
    const words = [...`GET /v1/guests HTTP/1.1\r\n${head}X: `];
    for (let at = 0; at < words.length; at += 20)
      for (const socket of sockets) if (!socket.destroyed) socket.write(words.slice(at, at + 20).join(""));
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write("x");
    }, 500);
    try {
      await othersAreServed(url);
      for (const answer of await Promise.all(heard)) assert.match(answer, /^HTTP\/1\.1 408 |^$/);
    } finally {
      clearInterval(drip);
    }
    await leave(sockets, (socket) => socket.destroy());
  });

  it("in sending a body hold up nobody, and are forgotten when they go", async () => {
    const sockets = await crowd(200);
    for (const socket of sockets)
      socket.write(
        `POST /v1/session HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      );
    for (let round = 0; round < 3; round++) await othersAreServed(url);
    await leave(sockets, (socket) => socket.destroy());
  });

  it("or are half gone, or gone at once, leave nothing behind", async () => {
    const ask = `GET /v1/guests HTTP/1.1\r\n${head}\r\n`;
    const halves = await crowd(100);
    for (const socket of halves) socket.end(ask);
    const mid = await crowd(100);
    for (const socket of mid) socket.end(ask.slice(0, 40));
    const streams = await crowd(50);
    for (const socket of streams)
      socket.write(`GET /v1/events HTTP/1.1\r\n${head}Accept: text/event-stream\r\n\r\n`);
    await Promise.all(streams.map((socket) => once(socket, "data")));
    await othersAreServed(url);
    await leave([...halves, ...mid, ...streams], (socket) => socket.resetAndDestroy());
  });

  it("have left a daemon without a bug", () => {
    assert.deepEqual(bugsOf(daemon).slice(0, 3), []);
  });
});
