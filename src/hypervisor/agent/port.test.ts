/** Connections to ports of a guest, against the real agent, which here is a process beside the servers that it connects to. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { hasCode } from "#contract/errors";
import { AgentProcess, BreakingWay } from "../../../test/fakes/agent-process.ts";

const mebibyte = 1_048_576;

/** A server on a port of its own, which each connection's directions end by themselves at. */
async function listening(
  t: TestContext,
  serve: (socket: Socket) => void,
  host = "127.0.0.1",
): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket.on("error", () => undefined));
    serve(socket);
  });
  server.listen(0, host);
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** All that comes, by a stream that is still written to. */
const heardBy = (stream: Duplex): Promise<Buffer> => buffer(stream.iterator({ destroyOnReturn: false }));

const echo = (socket: Socket) => void socket.pipe(socket);

describe("a port of a guest", () => {
  it("takes and gives every byte, and each direction ends by itself", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const port = await listening(t, async (socket) => {
      const heard = await heardBy(socket);
      socket.end(Buffer.concat([Buffer.from(`${heard.length} `), heard]));
    });
    const stream = await client.connect(port);
    const content = randomBytes(3 * mebibyte);
    stream.end(content);
    const said = await buffer(stream);
    assert.ok(said.equals(Buffer.concat([Buffer.from(`${content.length} `), content])));
  });

  it("still hears where it has no more to say", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const heard = Promise.withResolvers<Buffer>();
    const port = await listening(t, (socket) => {
      socket.end("bye");
      buffer(socket).then(heard.resolve, heard.reject);
    });
    const stream = await client.connect(port);
    assert.equal((await heardBy(stream)).toString(), "bye");
    const content = randomBytes(mebibyte);
    stream.end(content);
    assert.ok((await heard.promise).equals(content));
    if (!stream.closed) await once(stream, "close");
  });

  it("is found where it listens on IPv6 alone", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const stream = await client.connect(await listening(t, echo, "::1"));
    stream.end("six");
    assert.equal((await buffer(stream)).toString(), "six");
  });

  it("is refused where nothing listens, saying so", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    await assert.rejects(client.connect(1), (error) => {
      assert.ok(hasCode(error, "port.refused"));
      assert.match(error.message, /port 1 of guest 'test': Connection refused/);
      return true;
    });
    await assert.rejects(client.connect(0), (error) => hasCode(error, "agent.refused"));
  });

  it("is told from one that ends, where its connection breaks", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const port = await listening(t, (socket) => void socket.once("data", () => socket.resetAndDestroy()));
    const stream = await client.connect(port);
    stream.write("x");
    await assert.rejects(buffer(stream), (error) => hasCode(error, "port.broken"));
  });

  it("is let go of with its stream", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const gone = Promise.withResolvers<void>();
    const port = await listening(t, (socket) => void socket.resume().once("end", () => gone.resolve()));
    const stream = await client.connect(port);
    stream.on("error", () => undefined).destroy();
    await gone.promise;
  });

  it("holds back whoever sends more than it takes", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const accepted = Promise.withResolvers<Socket>();
    const port = await listening(t, (socket) => accepted.resolve(socket.pause()));
    const stream = await client.connect(port);
    let taken = 0;
    const size = 64 * mebibyte;
    const piece = Buffer.alloc(mebibyte);
    for (let sent = 0; sent < size; sent += piece.length) stream.write(piece, () => (taken += piece.length));
    const socket = await accepted.promise;
    await client.ping();
    assert.ok(taken < size / 2, `${taken} bytes were taken by one who reads nothing`);
    stream.end();
    let heard = 0;
    for await (const bytes of socket as AsyncIterable<Buffer>) heard += bytes.length;
    assert.equal(heard, size);
    stream.on("error", () => undefined).destroy();
  });

  it("goes on over a link that breaks again and again", async (t) => {
    const agent = await AgentProcess.start(t);
    const path = join(agent.folder, "way");
    // It is there before the way is, whose connections would break at nothing else.
    const first = agent.client();
    await first.ping();
    first.close();
    let seed = 7;
    const lives = () => 50_000 + ((seed = (seed * 48_271) % 2_147_483_647) % 200_000);
    const way = new BreakingWay(t, path, agent.path, lives);
    const client = agent.client({ path });
    const stream = await client.connect(await listening(t, echo));
    const content = randomBytes(2 * mebibyte);
    stream.end(content);
    assert.ok((await buffer(stream)).equals(content));
    assert.ok(way.breaks > 5, `${way.breaks} breaks`);
  });
});
