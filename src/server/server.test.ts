import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hasCode } from "#contract/errors";
import { silentLog } from "#base/log";
import { FakeServices } from "../../test/fakes/fake-services.ts";
import { createServer, type Server } from "./server.ts";

const scratch = mkdtempSync(join(tmpdir(), "lodge-server-"));
const socketPath = join(scratch, "s.sock");
const token = "t".repeat(43);
let server: Server;
let services: FakeServices;
let tcp: string;

before(async () => {
  services = new FakeServices();
  server = await createServer({ services, log: silentLog, version: "1.2.3", token });
  await server.listenUnix(socketPath);
  tcp = await server.listenTcp("127.0.0.1:0");
});
after(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
}

function ask(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  to: object = { socketPath },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...to, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers["content-type"] ?? "");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const post = (path: string, body: unknown) =>
  ask("POST", path, JSON.stringify(body), { "content-type": "application/json" });
const params = (reply: Reply) => reply.json["params"] as Record<string, string>;

test("the socket is for its owner and group alone", () => {
  assert.equal(statSync(socketPath).mode & 0o777, 0o660);
});

test("a list comes in an envelope, filtered by its query", async () => {
  const all = await ask("GET", "/v1/guests");
  assert.equal(all.status, 200);
  assert.equal((all.json["items"] as unknown[]).length, 3);
  const none = await ask("GET", "/v1/guests?state=paused");
  assert.deepEqual(none.json["items"], []);
});

test("long work answers 202 with the operation and where to find it", async () => {
  const reply = await post("/v1/guests", { image: "debian-13", name: "fresh" });
  assert.equal(reply.status, 202);
  assert.equal(reply.headers.location, `/v1/operations/${String(reply.json["id"])}`);
});

test("an error is a problem document with its code and hint", async () => {
  const reply = await ask("GET", "/v1/guests/nobody");
  assert.equal(reply.status, 404);
  assert.match(reply.headers["content-type"] ?? "", /^application\/problem\+json/);
  assert.equal(reply.json["code"], "guest.not_found");
  assert.match(String(reply.json["hint"]), /lodge ls/);
});

test("what is wrong with a body is told by the field's name", async () => {
  const cases: [unknown, string, RegExp][] = [
    [{ image: "x", colour: "red" }, "colour", /not known/],
    [{ image: null }, "image", /must be a string/],
    [{ image: 5 }, "image", /must be a string/],
    [{ cpus: "2" }, "cpus", /must be an integer/],
    [{ cpus: 0 }, "cpus", /at least 1/],
    [{ name: "Web_1" }, "name", /DNS label/],
    [{ labels: { "Not A Key": "x" } }, "labels.Not A Key", /not a valid key/],
    [{ restart: "sometimes" }, "restart", /never or on-failure or always/],
    [{ publish: [{ hostPort: 80 }] }, "publish.0.guestPort", /required/],
    [null, "body", /must be an object/],
    [[], "body", /must be an object/],
  ];
  for (const [body, field, reason] of cases) {
    const reply = await post("/v1/guests", body);
    assert.equal(reply.status, 400, JSON.stringify(body));
    assert.equal(reply.json["code"], "api.invalid");
    assert.equal(params(reply)["field"], field);
    assert.match(params(reply)["reason"] ?? "", reason);
  }
});

test("all that is wrong is told at once", async () => {
  const reply = await post("/v1/guests", { cpus: 0, memory: 1 });
  assert.match(String(reply.json["detail"]), /memory: must be at least 16777216/);
});

test("a body may be left out where nothing in it is required, and is missed where something is", async () => {
  assert.equal((await ask("POST", "/v1/guests/db/fork")).status, 202);
  const empty = await ask("POST", "/v1/guests/db/fork", "", { "content-type": "application/json" });
  assert.equal(empty.status, 202);
  const missing = await ask("POST", "/v1/images");
  assert.equal(params(missing)["field"], "guest");
});

test("a body that is not JSON, too large, or of another type is refused as such", async () => {
  const json = { "content-type": "application/json" };
  const broken = await ask("POST", "/v1/guests", "{", json);
  assert.deepEqual([broken.status, params(broken)["reason"]], [400, "is not JSON"]);
  const poisoned = await ask("POST", "/v1/guests", '{"__proto__":{"cpus":1}}', json);
  assert.equal(poisoned.status, 400);
  const text = await ask("POST", "/v1/guests", "image: x", { "content-type": "text/yaml" });
  assert.deepEqual([text.status, text.json["code"]], [415, "api.media_type"]);
  const large = await post("/v1/guests", { description: "x".repeat(3 * 1024 * 1024) });
  assert.deepEqual([large.status, large.json["code"]], [413, "api.too_large"]);
});

test("routes that take no body or query refuse one", async () => {
  assert.equal(params(await post("/v1/guests/db/pause", { now: true }))["field"], "now");
  assert.equal(params(await ask("GET", "/v1/host?verbose=1"))["field"], "verbose");
});

test("queries are text that becomes what their schema says", async () => {
  assert.equal((await ask("GET", "/v1/guests/db/logs?tail=3")).text.split("\n").length, 4);
  assert.equal(params(await ask("GET", "/v1/guests/db/logs?tail=all"))["field"], "tail");
  assert.equal(params(await ask("DELETE", "/v1/guests/db?force=perhaps"))["field"], "force");
  assert.equal((await ask("GET", "/v1/guests?state=paused&state=running")).status, 400);
});

test("what is not a name or an id never reaches the domain", async () => {
  for (const ref of ["..%2f..", "%00", "-rf", "a%20b", ".hidden"]) {
    const reply = await ask("GET", `/v1/guests/${ref}`);
    assert.deepEqual([reply.status, params(reply)["field"]], [400, "guest"], ref);
  }
});

test("what does not exist is not found, whatever it is asked by", async () => {
  for (const [method, path] of [
    ["GET", "/"],
    ["PUT", "/v1/guests"],
    ["GET", "/v1/guests/%zz"],
    ["GET", `/v1/guests/${"x".repeat(300)}`],
  ] as const) {
    const reply = await ask(method, path);
    assert.deepEqual([reply.status, reply.json["code"]], [404, "api.not_found"], `${method} ${path}`);
  }
});

test("pictures and logs come as what they are", async () => {
  const picture = await ask("GET", "/v1/guests/db/screenshot");
  assert.equal(picture.headers["content-type"], "image/png");
  const log = await ask("GET", "/v1/guests/db/logs");
  assert.equal(log.headers["content-type"], "text/plain; charset=utf-8");
  assert.match(log.text, /ü/);
});

test("a stream that is asked for as a page says what it is", async () => {
  const reply = await ask("GET", "/v1/guests/db/exec");
  assert.deepEqual([reply.status, reply.json["code"]], [426, "api.upgrade_required"]);
});

test("a bug is told without its insides, which go to the log", async () => {
  const broken = new FakeServices();
  broken.guests.get = () => Promise.reject(new TypeError("a secret of the inside"));
  const logged: unknown[] = [];
  const log = Object.assign(Object.create(silentLog) as typeof silentLog, {
    error: (fact: unknown) => logged.push(fact),
  });
  const other = await createServer({ services: broken, log, version: "1" });
  const path = join(scratch, "bug.sock");
  await other.listenUnix(path);
  try {
    const reply = await ask("GET", "/v1/guests/db", undefined, {}, { socketPath: path });
    assert.deepEqual([reply.status, reply.json["code"]], [500, "api.internal"]);
    assert.doesNotMatch(reply.text, /secret/);
    assert.match(String((logged[0] as { err: Error }).err.stack), /a secret of the inside/);
    assert.match(reply.text, new RegExp((logged[0] as { reference: string }).reference));
  } finally {
    await other.close();
  }
});

test("over TCP, nothing is had without the token or under another name", async () => {
  const [host, port] = tcp.split(":");
  const over = (headers: Record<string, string>, path = "/v1/host") =>
    ask("GET", path, undefined, headers, { host, port });
  const authorization = `Bearer ${token}`;
  assert.equal((await over({ authorization })).status, 200);
  assert.equal((await over({ authorization, host: `localhost:${port}` })).status, 200);
  for (const headers of [
    {},
    { authorization: "Bearer x" },
    { authorization: token },
    { authorization: "" },
  ]) {
    const reply = await over(headers as Record<string, string>);
    assert.deepEqual([reply.status, reply.json["code"]], [401, "api.unauthorized"]);
    assert.equal(reply.headers["www-authenticate"], "Bearer");
    // What is open to anyone says so by itself, and a wrong token is told everywhere.
    const nowhere = (await over(headers as Record<string, string>, "/nowhere")).status;
    assert.equal(nowhere, "authorization" in headers ? 401 : 404);
  }
  for (const name of ["evil.example", "127.0.0.1.evil.example", "127.evil.example:80", "[::2]"]) {
    const reply = await over({ authorization, host: name });
    assert.deepEqual([reply.status, reply.json["code"]], [403, "api.host_refused"], name);
  }
});

test("a refused upgrade leaves no connection open", async () => {
  const [host, port] = tcp.split(":");
  for (const path of ["/v1/guests/db/exec", "/v1/guests/%zz", "/nowhere", "/v1/guests/db/exec?x=1"]) {
    for (const authorization of ["Bearer wrong", `Bearer ${token}`]) {
      const socket = connect({ host, port: Number(port), allowHalfOpen: true });
      const head = [
        `GET ${path} HTTP/1.1`,
        `Host: ${tcp}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        `Authorization: ${authorization}`,
      ];
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      if (path.endsWith("/exec") && authorization.endsWith(token)) {
        const [first] = (await once(socket, "data")) as [Buffer];
        assert.match(first.toString(), /^HTTP\/1.1 101 /);
        socket.destroy();
      } else assert.match(await text(socket), /^HTTP\/1.1 40[0134] /, path);
    }
  }
});

test("without a token of its own, a server lets nobody in over TCP", async () => {
  const open = await createServer({ services, log: silentLog, version: "1" });
  const [host, port] = (await open.listenTcp("127.0.0.1:0")).split(":");
  try {
    const reply = await ask(
      "GET",
      "/v1/host",
      undefined,
      { authorization: "Bearer undefined" },
      { host, port },
    );
    assert.equal(reply.status, 401);
  } finally {
    await open.close();
  }
});

test("a socket somebody listens on is not taken from him; one left behind is", async () => {
  const second = await createServer({ services, log: silentLog, version: "1" });
  await assert.rejects(second.listenUnix(socketPath), (error) => hasCode(error, "api.address_in_use"));
  await assert.rejects(second.listenTcp(tcp), (error) => hasCode(error, "api.address_in_use"));
  await second.close();
  assert.equal((await ask("GET", "/v1/host")).status, 200);
});

test("a wait ends with whoever waits, and with the daemon", async () => {
  const own = new FakeServices();
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const [gone, again] = begun;
  const ended = Promise.withResolvers<unknown>();
  const wait = own.operations.wait.bind(own.operations);
  let waits = 0;
  own.operations.wait = (id, query, signal) => {
    const answer = wait(id, query, signal);
    begun[waits++]!.resolve();
    answer.catch(ended.resolve);
    return answer;
  };
  const operation = own.operations.begin("guest.create", []);
  const other = await createServer({ services: own, log: silentLog, version: "1" });
  const path = join(scratch, "wait.sock");
  await other.listenUnix(path);
  const waiting = `/v1/operations/${operation.id}/wait?seconds=60`;
  const request = httpRequest({ socketPath: path, path: waiting, agent: false });
  request.on("error", () => undefined);
  request.end();
  await gone.promise;
  request.destroy();
  assert.ok(hasCode(await ended.promise, "api.client_gone"));
  const reply = ask("GET", waiting, undefined, {}, { socketPath: path });
  await again.promise;
  await other.close();
  assert.equal((await reply).json["code"], "api.stopping");
});

test("who has gone before it is known what he may reach is not waited for", async () => {
  const own = new FakeServices();
  const { find } = own.objects;
  const [asked, known] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  Object.assign(own.objects, {
    async find(...about: Parameters<typeof find>) {
      asked.resolve();
      await known.promise;
      return find(...about);
    },
  });
  const waited = Promise.withResolvers<AbortSignal>();
  const { wait } = own.operations;
  own.operations.wait = (id, query, signal) => {
    waited.resolve(signal);
    return wait.call(own.operations, id, query, signal);
  };
  const operation = own.operations.begin("guest.create", []);
  const other = await createServer({ services: own, log: silentLog, version: "1" });
  const path = join(scratch, "gone.sock");
  await other.listenUnix(path);
  const waiting = `/v1/operations/${operation.id}/wait?seconds=60`;
  const request = httpRequest({ socketPath: path, path: waiting, agent: false });
  request.on("error", () => undefined);
  request.end();
  await asked.promise;
  request.destroy();
  // What others ask is served after that the connection ended.
  for (let turn = 0; turn < 2; turn++) await ask("GET", "/v1/host", undefined, {}, { socketPath: path });
  known.resolve();
  assert.ok(hasCode((await waited.promise).reason, "api.client_gone"));
  await other.close();
});

test("the OpenAPI document is served", async () => {
  const reply = await ask("GET", "/v1/openapi.json");
  assert.equal(reply.json["openapi"], "3.1.0");
  assert.equal((reply.json["info"] as { version: string }).version, "1.2.3");
});
