import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { LodgeError, hasCode, type ErrorCode } from "#contract/errors";
import { fakeToken, startFakeDaemon, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";
import { pngSignature } from "../../test/fakes/png-signature.ts";
import { createClient } from "./client.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

test("each kind of answer comes as what it is", async () => {
  const { client } = daemon;
  const guests = await client.call("guestList", { query: { state: "running" } });
  assert.deepEqual(
    guests.map(({ name }) => name),
    ["web-1", "web-2", "db"],
  );
  const guest = await client.call("guestGet", { params: { guest: "db" } });
  assert.equal(guest.nics[0]?.address, "10.77.3.2");
  const changed = await client.call("guestUpdate", { params: { guest: "db" }, body: { description: "ü" } });
  assert.equal(changed.description, "ü");
  const operation = await client.call("guestPause", { params: { guest: "web-2" } });
  assert.equal(operation.kind, "guest.pause");
  const picture = await client.call("guestScreenshot", { params: { guest: "db" } });
  assert.deepEqual([...picture], [...pngSignature]);
  assert.equal(await client.call("hostLogs"), "started\n");
});

test("an error keeps its code, parameters and hint over the wire", async () => {
  await assert.rejects(daemon.client.call("guestGet", { params: { guest: "nobody" } }), (error) => {
    assert.ok(error instanceof LodgeError);
    assert.equal(error.code, "guest.not_found");
    assert.deepEqual(error.params, { guest: "nobody" });
    assert.equal(error.message, "There is no guest 'nobody'.");
    return true;
  });
});

test("what would change a path is not let into it", async () => {
  const { client } = daemon;
  await assert.rejects(client.call("guestGet", { params: { guest: "" } }), is("api.invalid"));
  await assert.rejects(client.call("guestGet", { params: { guest: "../host" } }), is("api.invalid"));
  await assert.rejects(client.call("guestGet", { params: { guest: "db?x=1" } }), is("api.invalid"));
});

test("without a daemon the error says where it was looked for", async () => {
  const socketPath = join(daemon.socketPath, "..", "nobody.sock");
  await assert.rejects(createClient({ socketPath }).call("guestList"), (error) => {
    assert.ok(hasCode(error, "api.daemon_unreachable"));
    assert.equal(error.params["address"], socketPath);
    return true;
  });
  const refused = createClient({ url: "http://127.0.0.1:1", token: "x" });
  await assert.rejects(refused.call("guestList"), is("api.daemon_unreachable"));
  await assert.rejects(refused.exec("db", { argv: ["cat"] }), is("api.daemon_unreachable"));
  await assert.rejects(createClient({ socketPath }).console("db"), is("api.daemon_unreachable"));
});

test("over TCP it shows its token, for calls and for streams", async () => {
  const url = `http://${await daemon.listenTcp()}`;
  const client = createClient({ url, token: fakeToken });
  assert.equal((await client.call("guestList")).length, 3);
  const command = await client.exec("db", { argv: ["exit", "3"] });
  assert.deepEqual(await command.exit, { code: 3 });
  const stranger = createClient({ url, token: "wrong" });
  await assert.rejects(stranger.call("guestList"), is("api.unauthorized"));
  await assert.rejects(stranger.exec("db", { argv: ["cat"] }), is("api.unauthorized"));
  const secure = createClient({ url: url.replace("http:", "https:"), token: fakeToken });
  await assert.rejects(secure.call("guestList"), is("api.no_tls"));
  await assert.rejects(secure.exec("db", { argv: ["cat"] }), is("api.no_tls"));
  await assert.rejects(createClient({ url: "localhost:80" }).call("guestList"), is("api.invalid"));
});

test("an answer that is not Lodge's, or is cut short, is told as such", async () => {
  let answer = "";
  const other = createHttpServer((_request, response) => {
    if (answer === "cut") response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    else response.writeHead(answer === "page" ? 200 : 502).end("<html>");
  });
  const path = join(daemon.socketPath, "..", "other.sock");
  await new Promise<void>((resolve) => other.listen(path, resolve));
  const client = createClient({ socketPath: path });
  try {
    await assert.rejects(client.call("guestList"), is("api.unexpected_answer"));
    answer = "page";
    await assert.rejects(client.call("guestList"), is("api.unexpected_answer"));
    await assert.rejects(client.exec("db", { argv: ["cat"] }), is("api.unexpected_answer"));
    answer = "cut";
    await assert.rejects(client.call("guestList"), is("api.daemon_lost"));
  } finally {
    other.close();
  }
});

test("a call ends with its signal, with the signal's reason", async () => {
  const operation = daemon.services.operations.begin("guest.create", []);
  const stop = new AbortController();
  const reason = new LodgeError("operation.cancelled");
  const call = daemon.client.call(
    "operationWait",
    { params: { operation: operation.id } },
    { signal: stop.signal },
  );
  setTimeout(() => stop.abort(reason), 20);
  await assert.rejects(call, (error) => error === reason);
});
