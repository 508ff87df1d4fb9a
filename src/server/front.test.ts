/** Doors as clients find them: under TLS, and with clients that are slow, silent or many. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { OwnAuthority } from "#domain/access/certificate/own-authority";
import { fakeToken } from "../../test/fakes/fake-daemon.ts";
import { FakeServices } from "../../test/fakes/fake-services.ts";
import { Front, type FrontOptions } from "./front.ts";
import { createServer, type Server as LodgeServer } from "./server.ts";

const names = ["box.example", "127.0.0.1"];
const password = "correct horse battery";

describe("an address that other computers reach", () => {
  let folder: string;
  let server: LodgeServer;
  let port: number;
  let ca: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "lodge-front-"));
    const authority = await OwnAuthority.open(folder, systemClock, "Lodge test");
    const current = () => authority.serverCertificate(names);
    ca = (await current()).cert.split(/(?<=-----END CERTIFICATE-----\n)/)[1] ?? "";
    const services = new FakeServices();
    await services.access.createUser({ name: "anna", role: "admin", password });
    const tls = { current, names: () => names };
    server = await createServer({
      services,
      log: silentLog,
      version: "1",
      token: fakeToken,
      tag: "a1b2",
      tls,
    });
    port = Number((await server.listenTcp("0.0.0.0:0")).split(":")[1]);
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; json: Record<string, unknown> }> {
    const host = `box.example:${port}`;
    const sent = { host, ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const options = { host: "127.0.0.1", port, servername: "box.example", ca, method, path, headers: sent };
    return new Promise((resolve, reject) => {
      const request = httpsRequest({ ...options, agent: false }, (response) => {
        text(response).then(
          (content) =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              json: JSON.parse(content) as Record<string, unknown>,
            }),
          reject,
        );
      });
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  it("is under TLS alone, with a cookie that never leaves it", async () => {
    const origin = `https://box.example:${port}`;
    const signedIn = await ask("POST", "/v1/session", { origin }, { name: "anna", password });
    assert.equal(signedIn.status, 200);
    const [cookie = ""] = signedIn.headers["set-cookie"] ?? [];
    assert.match(cookie, /^__Host-lodge-a1b2=[\w-]{43}; .*HttpOnly; SameSite=Strict; Secure$/);
    assert.equal(signedIn.headers["strict-transport-security"], "max-age=31536000");
    const session = await ask("GET", "/v1/session", { cookie: cookie.split(";")[0] ?? "" });
    assert.equal(session.json["user"], "anna");
    const plainPage = await ask("DELETE", "/v1/session", {
      cookie: cookie.split(";")[0] ?? "",
      origin: origin.replace("https:", "http:"),
    });
    assert.equal(plainPage.json["code"], "access.origin_refused");
  });

  it("tells what comes in plain HTTP where it belongs, and serves none of it", async () => {
    const plainly = async (words: string): Promise<string> => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(words);
      return text(socket).catch(() => "");
    };
    const host = `Host: box.example:${port}\r\n\r\n`;
    for (const method of ["GET", "HEAD"]) {
      const page = await plainly(`${method} /guests?x=1 HTTP/1.1\r\n${host}`);
      assert.match(page, /^HTTP\/1\.1 308 /);
      assert.ok(page.includes(`\r\nlocation: https://box.example:${port}/guests?x=1\r\n`), page);
      assert.match(page, /\r\nconnection: close\r\n/i);
    }
    for (const words of [
      `POST /v1/session HTTP/1.1\r\nContent-Length: 2\r\n${host}{}`,
      "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      `GET /v1/guests HTTP/1.1\r\nAuthorization: Bearer lodge_x\r\n${host}`,
      `GET http://evil.example/ HTTP/1.1\r\n${host}`,
    ]) {
      const answer = await plainly(words);
      assert.match(answer, /^HTTP\/1\.1 400 [^]*"code":"api\.tls_needed"/);
      assert.doesNotMatch(answer, /location|firstUse/);
    }
    const options = `GET /v1/session/options HTTP/1.1\r\n${host}`;
    assert.doesNotMatch(await plainly(options), /firstUse/);
    // Neither letters nor a record of TLS.
    assert.doesNotMatch(await plainly("\x00".repeat(64)), /HTTP/);
  });

  it("answers to its names and the address it was reached at, and to no other", async () => {
    const path = "/v1/session/options";
    for (const host of [`box.example:${port}`, "BOX.example.", `127.0.0.1:${port}`, "localhost"])
      assert.equal((await ask("GET", path, { host })).status, 200, host);
    for (const host of [
      "evil.example",
      "box.example.evil.example",
      "192.0.2.1",
      "box.example@evil.example",
    ]) {
      const reply = await ask("GET", path, { host });
      assert.deepEqual([reply.status, reply.json["code"]], [403, "api.host_refused"], host);
    }
  });

  it("is not opened by the host's own secret, which belongs to this computer", async () => {
    const reply = await ask("GET", "/v1/session", { authorization: `Bearer ${fakeToken}` });
    assert.equal(reply.status, 401);
  });

  it("tells browsers in every answer what a page of it may do", async () => {
    for (const path of ["/v1/session/options", "/v1/guests", "/nowhere", "/v1/guests/%zz"]) {
      const { headers } = await ask("GET", path);
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'; script-src 'self';/, path);
      assert.doesNotMatch(/script-src[^;]*/.exec(policy)?.[0] ?? "", /unsafe|http|\*/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.equal(headers["access-control-allow-origin"], undefined);
      if (path.startsWith("/v1/guests")) assert.equal(headers["cache-control"], "no-store");
    }
  });
});

describe("a door", () => {
  const opened: { front: Front; server: Server }[] = [];
  after(() => Promise.all(opened.map(({ front }) => front.close(0))));

  async function door(options: Partial<FrontOptions>): Promise<number> {
    const front = new Front({
      answer: (_request, response) => void response.end("here"),
      upgrade: (_request, socket) => socket.destroy(),
      log: silentLog,
      knows: () => true,
      ...options,
    });
    const server = front.plain({ trusted: false, secure: false });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    opened.push({ front, server });
    return (server.address() as AddressInfo).port;
  }

  const dial = async (port: number): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };

  /** What a connection was told, once it is closed. */
  async function said(socket: Socket): Promise<string> {
    let heard = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
    await once(socket, "close");
    return heard;
  }

  it("closes on who says nothing, and on who says it too slowly", async () => {
    const port = await door({ headersTimeout: 300 });
    const silent = await dial(port);
    const slow = await dial(port);
    slow.write("GET / HTTP/1.1\r\nHost: x\r\n");
    const drip = setInterval(() => slow.write("X-Slow: 1\r\n"), 50);
    try {
      // Who goes on writing may be cut off before he has read why, by a reset where what he wrote was not read either.
      const reset = (error: NodeJS.ErrnoException) => (assert.equal(error.code, "ECONNRESET"), "");
      const answers = await Promise.all([said(silent), said(slow).catch(reset)]);
      for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 408 |^$/);
    } finally {
      clearInterval(drip);
    }
  });

  const ask = (socket: Socket, head = ""): Socket => {
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${head}\r\n`);
    return socket;
  };
  const heard = async (socket: Socket): Promise<string> => String((await once(socket, "data"))[0]);

  it("lets who asks something in before those who only stand there, the longest idle going first", async () => {
    const port = await door({ ofAddress: 3 });
    const idle = [await dial(port), await dial(port), await dial(port)] as const;
    // Has asked something since, and so is the one that is idle for the shortest time.
    assert.match(await heard(ask(idle[0])), /here/);
    const gone = [idle[1], idle[2]].map((socket) => once(socket.resume(), "close"));
    const asking = [await dial(port), await dial(port)];
    await Promise.all(gone);
    for (const socket of [...asking, idle[0]]) assert.match(await heard(ask(socket)), /here/);
    for (const socket of [...asking, idle[0]]) socket.destroy();
  });

  it("is full of those who are being answered, and lets no more in", async () => {
    const held: ServerResponse[] = [];
    const arrived = new EventEmitter();
    const port = await door({
      total: 2,
      answer: (_request, response) => {
        held.push(response);
        arrived.emit("one");
      },
    });
    const busy: Socket[] = [];
    for (let at = 0; at < 2; at++) {
      const one = once(arrived, "one");
      busy.push(ask(await dial(port), "Connection: close\r\n"));
      await one;
    }
    const third = await dial(port);
    await once(third.resume(), "close");
    for (const response of held) response.end("at last");
    for (const socket of busy) assert.match(await text(socket), /at last/);
  });

  it("makes those who send a body slowly wait for others, where nobody is idle", async () => {
    const port = await door({
      ofAddress: 2,
      answer: (request, response) => request.resume().once("end", () => void response.end("here")),
    });
    const slow = [await dial(port), await dial(port)];
    for (const socket of slow) {
      socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
      assert.match(await heard(socket), /100/);
    }
    const gone = once(slow[0]!.resume(), "close");
    assert.match(await heard(ask(await dial(port), "Connection: close\r\n")), /here/);
    await gone;
    slow[1]!.write("12345");
    assert.match(await heard(slow[1]!), /here/);
    slow[1]!.destroy();
  });

  it("ends who does not take what he is answered", async () => {
    const ended = new EventEmitter();
    const port = await door({
      stallTimeout: 200,
      answer: (_request, response) => {
        response.once("close", () => ended.emit("one", response.writableFinished));
        response.end(Buffer.alloc(64 * 1024 * 1024));
      },
    });
    const socket = ask((await dial(port)).pause());
    const [finished] = (await once(ended, "one")) as [boolean];
    assert.equal(finished, false);
    socket.destroy();
  });

  it("serves what is sent ahead when its turn has come, and no end of it", async () => {
    let served = 0;
    const begun = new EventEmitter();
    const held: ServerResponse[] = [];
    const port = await door({
      answer: (_request, response) => {
        served++;
        held.push(response);
        begun.emit("one");
      },
    });
    const one = once(begun, "one");
    const socket = await dial(port);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
    await one;
    for (let turn = 1; turn <= 3; turn++) {
      assert.equal(served, turn);
      const next = turn < 3 ? once(begun, "one") : undefined;
      held.shift()!.end(`answer ${turn}`);
      assert.match(await heard(socket), new RegExp(`answer ${turn}`));
      await next;
    }
    const gone = once(socket, "close");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100));
    await gone;
    assert.equal(served, 4);
  });

  it("takes nobody for idle who sent a second request ahead, while that is served", async () => {
    const held: ServerResponse[] = [];
    const begun = new EventEmitter();
    const port = await door({
      ofAddress: 1,
      answer: (_request, response) => {
        held.push(response);
        begun.emit("one");
      },
    });
    const socket = await dial(port);
    const first = once(begun, "one");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
    await first;
    const second = once(begun, "one");
    held.shift()!.end("first");
    assert.match(await heard(socket), /first/);
    await second;
    await once((await dial(port)).resume(), "close");
    held.shift()!.end("second");
    assert.match(await heard(socket), /second/);
    socket.destroy();
  });

  it("lets who is answered late wait", async () => {
    const port = await door({
      stallTimeout: 50,
      answer: (_request, response) => void setTimeout(() => response.end("late"), 300),
    });
    assert.match(await text(ask(await dial(port), "Connection: close\r\n")), /late/);
  });
});
