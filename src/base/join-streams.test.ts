import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import { connect as connectTls, createServer as createTls } from "node:tls";
import { joinStreams } from "./join-streams.ts";

const allowHalfOpen = true;
const psk = randomBytes(32);
const ciphers = "PSK-AES256-GCM-SHA384";

async function listening(
  t: TestContext,
  server: Server,
  at: { path: string } | { port: 0 },
): Promise<Server> {
  server.listen(at);
  await once(server, "listening");
  t.after(() => server.close());
  return server;
}

/** A unix socket that leads through two joints, with TLS between them, to who takes it. */
async function chain(t: TestContext, take: (socket: Socket) => void): Promise<Socket> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-join-"));
  t.after(() => rm(folder, { recursive: true }));
  const last = join(folder, "last");
  await listening(t, createServer({ allowHalfOpen }, take), { path: last });
  const far = createTls({ ciphers, pskCallback: () => psk, allowHalfOpen }, (near) => {
    void joinStreams(near, connect({ path: last, allowHalfOpen }));
  });
  await listening(t, far, { port: 0 });
  const { port } = far.address() as AddressInfo;
  const first = join(folder, "first");
  const entrance = createServer({ allowHalfOpen }, (near) => {
    const pskCallback = () => ({ psk, identity: "entrance" });
    const checkServerIdentity = () => undefined;
    const options = { host: "127.0.0.1", port, ciphers, pskCallback, checkServerIdentity, allowHalfOpen };
    void joinStreams(near, connectTls(options));
  });
  await listening(t, entrance, { path: first });
  const socket = connect({ path: first, allowHalfOpen });
  t.after(() => socket.destroy());
  return socket;
}

describe("two streams made one", () => {
  test("carry every byte, both ways at once, and their ends one by one", async (t) => {
    const there = createHash("sha256");
    const back = createHash("sha256");
    const sent = createHash("sha256");
    const answered = createHash("sha256");
    const socket = await chain(t, (taken) => {
      taken.on("data", (chunk: Buffer) => there.update(chunk));
      taken.once("end", () => void write(taken, answered).then(() => taken.end()));
    });
    socket.on("data", (chunk: Buffer) => back.update(chunk));
    await write(socket, sent);
    socket.end();
    await once(socket, "end");
    assert.equal(there.digest("hex"), sent.digest("hex"));
    assert.equal(back.digest("hex"), answered.digest("hex"));
  });

  test("end both where one is cut", async () => {
    const [[, near], [, far]] = [duplexPair(), duplexPair()];
    const over = joinStreams(near, far);
    near.destroy(new Error("cut"));
    await over;
    assert.ok(far.destroyed);
  });
});

/** Chunks of every size, from a few bytes to more than any buffer on the way. */
async function write(socket: Socket, hash: ReturnType<typeof createHash>): Promise<void> {
  for (let i = 0; i < 120; i++) {
    const chunk = randomBytes([3, 5000, 16_384, 65_536, 300_001][i % 5]!);
    hash.update(chunk);
    if (!socket.write(chunk)) await once(socket, "drain");
  }
}
