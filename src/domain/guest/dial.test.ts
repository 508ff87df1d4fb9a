import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { dial } from "./dial.ts";

const way = { address: "127.0.0.1", from: "127.0.0.1" };

async function listening(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    serve(socket.on("error", () => undefined)),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe("a connection to a guest's address", () => {
  const never = new AbortController().signal;
  const to = (port: number) => ({ guest: "g", port, signal: never, gone: never });

  it("carries both directions, each to its own end", async (t) => {
    const port = await listening(t, (socket) => void socket.pipe(socket));
    const socket = await dial(way, to(port));
    socket.end("hello");
    assert.equal((await buffer(socket)).toString(), "hello");
  });

  it("is refused where nothing listens, and where this host has no address beside the guest's", async (t) => {
    const port = await listening(t, () => undefined);
    const refused = (reason: RegExp) => (error: unknown) =>
      hasCode(error, "port.refused") && reason.test(error.message);
    await assert.rejects(dial(way, to(1)), refused(/connection refused/));
    await assert.rejects(
      dial({ ...way, from: "192.0.2.1" }, to(port)),
      refused(/no address in the guest's network/),
    );
  });

  it("says that it broke off, also where the guest's process has ended", async (t) => {
    const resets = await listening(t, (socket) => void socket.once("data", () => socket.resetAndDestroy()));
    const socket = await dial(way, to(resets));
    socket.write("x");
    await assert.rejects(buffer(socket), (error) => hasCode(error, "port.broken"));

    const quiet = await listening(t, () => undefined);
    const gone = new AbortController();
    const left = await dial(way, { ...to(quiet), gone: gone.signal });
    gone.abort();
    await assert.rejects(buffer(left), (error) => hasCode(error, "port.broken"));
  });

  it("is given up with whoever wished for it", async (t) => {
    const port = await listening(t, () => undefined);
    const leaving = new AbortController();
    const socket = await dial(way, { ...to(port), signal: leaving.signal });
    leaving.abort(new LodgeError("api.client_gone"));
    await assert.rejects(buffer(socket), (error) => hasCode(error, "api.client_gone"));
    await assert.rejects(dial(way, { ...to(port), signal: leaving.signal }), (error) =>
      hasCode(error, "api.client_gone"),
    );
  });
});
