import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { hasCode } from "#contract/errors";
import { sendOut } from "./outbound.ts";

let server: Server;
let port: number;
const asked: (string | undefined)[] = [];
before(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers.host);
    response.end("here");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

const noLoopback = (address: string) => !address.startsWith("127.") && address !== "::1";

test("a request goes to an address that was looked at, under the name that was asked for", async () => {
  const looked: string[] = [];
  const may = (address: string) => looked.push(address) > 0;
  const answer = await sendOut({ url: `http://localhost:${port}/`, may });
  assert.equal(await text(answer), "here");
  assert.deepEqual(asked, [`localhost:${port}`]);
  assert.ok(looked.includes("127.0.0.1"));
});

test("an address that may not be reached is not, however it is written", async () => {
  const before = asked.length;
  const written = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]"];
  for (const host of written)
    await assert.rejects(sendOut({ url: `http://${host}:${port}/`, may: noLoopback }), (error) =>
      hasCode(error, "api.address_closed"),
    );
  assert.equal(asked.length, before);
});

test("an abort ends it with its reason", async () => {
  const reason = new RangeError("enough");
  await assert.rejects(
    sendOut({ url: `http://127.0.0.1:${port}/`, signal: AbortSignal.abort(reason) }),
    reason,
  );
});

test("a server that speaks another protocol unasked has given no answer", async (t) => {
  const rude = createNetServer((socket) => {
    socket.on("error", () => undefined);
    const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
    socket.once("data", () => socket.write(head));
  });
  rude.listen(0, "127.0.0.1");
  await once(rude, "listening");
  t.after(() => rude.close());
  const url = `http://127.0.0.1:${(rude.address() as AddressInfo).port}/`;
  await assert.rejects(sendOut({ url }), { code: "ECONNRESET" });
});
