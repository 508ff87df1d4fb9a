/** Over real sockets: who gets in, as whom, and what a hostile page or program can do. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { allows, roles, type Role } from "#contract/access";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { fakeToken, startFakeDaemon, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";

const password = "correct horse battery";

let daemon: FakeDaemon;
let host: string;
let own: string;
/** A session's cookie of each role. */
const cookies: Record<string, string> = {};

interface Reply {
  readonly status: number;
  readonly code: unknown;
  readonly json: Record<string, unknown>;
  readonly headers: IncomingHttpHeaders;
}

function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const [address, port] = daemon.tcp.split(":");
  const json = body === undefined ? undefined : JSON.stringify(body);
  const type = json === undefined ? {} : { "content-type": "application/json" };
  const options = { host: address, port, method, path, headers: { ...type, ...headers }, agent: false };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const parsed = /json/.test(response.headers["content-type"] ?? "")
          ? (JSON.parse(text) as Record<string, unknown>)
          : {};
        resolve({
          status: response.statusCode ?? 0,
          code: parsed["code"],
          json: parsed,
          headers: response.headers,
        });
      });
    });
    request.on("error", reject);
    request.end(json);
  });
}

/** As a browser on Lodge's own page sends it. */
const browser = (cookie?: string): Record<string, string> => ({
  origin: own,
  "sec-fetch-site": "same-origin",
  ...(cookie === undefined ? {} : { cookie }),
});

const cookieOf = ({ headers }: Reply): string => headers["set-cookie"]?.[0]?.split(";")[0] ?? "";

const signIn = (name: string): Promise<Reply> => ask("POST", "/v1/session", { name, password }, browser());

before(async () => {
  daemon = await startFakeDaemon();
  host = await daemon.listenTcp();
  own = `http://${host}`;
  const { access } = daemon.services;
  for (const role of [...roles].reverse()) await access.createUser({ name: role, role, password });
  for (const role of roles) cookies[role] = cookieOf(await signIn(role));
});
after(() => daemon.close());

/** The path with things that are there, as far as it has any. */
const examplePath = ({ path }: Route): string =>
  path.replace(":guest", "web-1").replace(/:\w+/g, "nothing").replace("/wait", "/wait?seconds=0");

/** What may be asked of every route without ending the sessions that ask. */
const harmless = (Object.entries(routes) as [RouteName, Route][]).filter(
  ([name]) => name !== "sessionDelete",
);

describe("every route", () => {
  it("lets nobody in who is not signed in, but where it is open to anyone", async () => {
    for (const [name, route] of harmless) {
      const reply = await ask(route.method, examplePath(route), undefined, browser());
      if (route.permission === "anyone") assert.notEqual(reply.code, "api.unauthorized", name);
      else assert.deepEqual([reply.status, reply.code], [401, "api.unauthorized"], name);
    }
  });

  for (const role of roles) {
    it(`asks of ${role} the role it needs, by cookie and by token`, async () => {
      const { secret } = await daemon.services.access.createToken(
        { kind: "host", role: "admin" },
        { name: `all-${role}`, role },
      );
      for (const [name, route] of harmless)
        for (const headers of [browser(cookies[role]), { authorization: `Bearer ${secret}` }]) {
          const reply = await ask(route.method, examplePath(route), undefined, headers);
          const may = allows(role, route.permission);
          assert.equal(
            reply.code === "access.forbidden",
            !may,
            `${name}: ${reply.status} ${String(reply.code)}`,
          );
          assert.notEqual(reply.status, 500, name);
        }
    });
  }

  it("that changes something is closed to other pages, though the browser sends the cookie along", async () => {
    const foreign: Record<string, string>[] = [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" },
      { origin: own.replace("http:", "https:") },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      {},
    ];
    const changing = harmless.filter(([, { method }]) => method !== "GET");
    for (const [name, route] of changing)
      for (const headers of foreign) {
        const cookie = cookies["admin"] ?? "";
        const reply = await ask(route.method, examplePath(route), undefined, { ...headers, cookie });
        assert.deepEqual([reply.status, reply.code], [403, "access.origin_refused"], name);
      }
  });
});

describe("a session", () => {
  it("is a cookie that no script reads and no other page sends", async () => {
    const reply = await signIn("viewer");
    const cookie = reply.headers["set-cookie"]?.[0] ?? "";
    assert.match(cookie, /^lodge-[\w-]+=[\w-]{43}; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Strict$/);
    assert.deepEqual([reply.json["user"], reply.json["role"]], ["viewer", "viewer"]);
    assert.ok(!JSON.stringify(reply.json).includes(cookieOf(reply).split("=")[1] ?? "?"));
  });

  it("is over with the sign-out, for a copy of the cookie as well", async () => {
    const cookie = cookieOf(await signIn("viewer"));
    assert.equal((await ask("GET", "/v1/session", undefined, browser(cookie))).status, 200);
    const out = await ask("DELETE", "/v1/session", undefined, browser(cookie));
    assert.match(out.headers["set-cookie"]?.[0] ?? "", /^lodge-[\w-]+=; Expires=Thu, 01 Jan 1970/);
    assert.equal((await ask("GET", "/v1/session", undefined, browser(cookie))).status, 401);
  });

  it("does not pass as a token, nor a token as a session", async () => {
    const secret = (cookies["admin"] ?? "").split("=")[1] ?? "";
    const asToken = await ask("GET", "/v1/session", undefined, { authorization: `Bearer ${secret}` });
    assert.equal(asToken.status, 401);
    const actor = { kind: "host", role: "admin" } as const;
    const made = await daemon.services.access.createToken(actor, { name: "no-cookie" });
    const name = (cookies["admin"] ?? "").split("=")[0] ?? "";
    const asCookie = await ask("GET", "/v1/session", undefined, browser(`${name}=${made.secret}`));
    assert.equal(asCookie.status, 401);
  });

  it("is begun by no other page: it would sign somebody in as somebody else", async () => {
    const reply = await ask(
      "POST",
      "/v1/session",
      { name: "viewer", password },
      { origin: "http://evil.example" },
    );
    assert.equal(reply.code, "access.origin_refused");
    assert.equal(reply.headers["set-cookie"], undefined);
  });
});

describe("a one-time link", () => {
  it("works once, and shows where browsers find it", async () => {
    const cookie = cookies["admin"];
    const made = await ask("POST", "/v1/sign-in-link", undefined, browser(cookie));
    const { code, urls } = made.json as { code: string; urls: string[] };
    assert.deepEqual(urls, [`${own}/#/welcome?code=${code}`]);
    const body = { code, name: "carla", password };
    const first = await ask("POST", "/v1/session/redeem", body, browser());
    assert.deepEqual([first.status, first.json["role"]], [200, "admin"]);
    assert.equal((await ask("GET", "/v1/users", undefined, browser(cookieOf(first)))).status, 200);
    const replayed = await ask("POST", "/v1/session/redeem", { ...body, name: "dora" }, browser());
    assert.deepEqual([replayed.status, replayed.code], [410, "access.link_void"]);
  });

  it("is not guessed: an address that tries many waits", async () => {
    const other = await startFakeDaemon();
    try {
      const [address, port] = (await other.listenTcp()).split(":");
      const statuses: number[] = [];
      for (let at = 0; at < 22; at++) {
        const answer = await fetch(`http://${address}:${port}/v1/session/link`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ code: String(at).padStart(43, "a") }),
        });
        statuses.push(answer.status);
        if (answer.status === 429) assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
      }
      assert.deepEqual(new Set(statuses.slice(0, 20)), new Set([410]));
      assert.ok(statuses.includes(429));
    } finally {
      await other.close();
    }
  });
});

describe("a stream", () => {
  const open = (headers: Record<string, string>): WebSocket =>
    new WebSocket(`ws://${host}/v1/events`, { headers });

  async function refusedWith(socket: WebSocket): Promise<number | undefined> {
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
    socket.on("error", () => undefined);
    socket.terminate();
    return response.statusCode;
  }

  it("opens for Lodge's own page, and for no other that the browser sends the cookie for", async () => {
    const cookie = cookies["viewer"] ?? "";
    const socket = open({ cookie, origin: own });
    await once(socket, "open");
    socket.terminate();
    assert.equal(await refusedWith(open({ cookie, origin: "http://127.0.0.1:1" })), 403);
    assert.equal(await refusedWith(open({ cookie })), 403);
    assert.equal(await refusedWith(open({ origin: own })), 401);
  });

  it("ends with the session, the token or the role that opened it", async () => {
    const { access } = daemon.services;
    const actor = { kind: "host", role: "admin" } as const;
    await access.createUser({ name: "emil", role: "viewer", password });
    const ends: [string, Record<string, string>, () => Promise<unknown>][] = [];
    const cookie = cookieOf(await signIn("emil"));
    ends.push([
      "signed out",
      { cookie, origin: own },
      () => ask("DELETE", "/v1/session", undefined, browser(cookie)),
    ]);
    const { secret } = await access.createToken(actor, { name: "short" });
    const authorization = `Bearer ${secret}`;
    ends.push(["revoked", { authorization }, () => access.removeToken(actor, "short")]);
    const second = cookieOf(await signIn("emil"));
    ends.push(["barred", { cookie: second, origin: own }, () => access.updateUser("emil", { barred: true })]);
    for (const [why, headers, end] of ends) {
      const socket = open(headers);
      await once(socket, "open");
      const closed = once(socket, "close") as Promise<[number]>;
      await end();
      assert.equal((await closed)[0], 1008, why);
    }
  });
});

describe("a stream that a ticket opened", () => {
  interface Asked {
    readonly headers: Record<string, string>;
    /** What the browser sends with the stream as well. */
    readonly shown: Record<string, string>;
  }
  const paths = { display: "/v1/guests/db/display", console: "/v1/guests/db/console" };

  async function opened(path: string, { headers, shown }: Asked): Promise<WebSocket> {
    const { json } = await ask("POST", "/v1/guests/db/display-ticket", {}, headers);
    const socket = new WebSocket(`ws://${host}${path}?ticket=${String(json["ticket"])}`, { headers: shown });
    socket.on("error", () => undefined);
    await once(socket, "open");
    return socket;
  }

  it("ends when its asker signs out, is barred, removed or loses his role, or his token is revoked", async () => {
    const { access } = daemon.services;
    const signed = async (name: string) => {
      await access.createUser({ name, role: "operator", password });
      return browser(cookieOf(await signIn(name)));
    };
    const actor = { kind: "host", role: "admin" } as const;
    const cases: [string, (name: string, cookie: Record<string, string>) => Promise<unknown>][] = [
      ["signed out", (_name, cookie) => ask("DELETE", "/v1/session", undefined, cookie)],
      ["barred", (name) => access.updateUser(name, { barred: true })],
      ["removed", (name) => access.removeUser(name)],
      ["of a lesser role", (name) => access.updateUser(name, { role: "viewer" })],
    ];
    for (const path of Object.values(paths)) {
      for (const withCookie of [true, false]) {
        for (const [at, [why, end]] of cases.entries()) {
          const name = `${path === paths.display ? "d" : "c"}${withCookie ? "c" : "n"}${at}`;
          const headers = await signed(name);
          const socket = await opened(path, { headers, shown: withCookie ? headers : {} });
          const closed = once(socket, "close") as Promise<[number]>;
          await end(name, headers);
          assert.equal((await closed)[0], 1008, `${path} ${why}, cookie: ${withCookie}`);
        }
      }
      for (const withToken of [true, false]) {
        const { secret } = await access.createToken(actor, { name: "short", role: "operator" });
        const headers = { authorization: `Bearer ${secret}` };
        const socket = await opened(path, { headers, shown: withToken ? headers : {} });
        const closed = once(socket, "close") as Promise<[number]>;
        await access.removeToken(actor, "short");
        assert.equal((await closed)[0], 1008, `${path} revoked, shown: ${withToken}`);
      }
    }
  });

  it("stays where its asker keeps what it needs: one who only looks may become a viewer", async () => {
    const { access } = daemon.services;
    await access.createUser({ name: "looker", role: "operator", password });
    const headers = browser(cookieOf(await signIn("looker")));
    const { json } = await ask("POST", "/v1/guests/db/display-ticket", { viewOnly: true }, headers);
    const socket = new WebSocket(`ws://${host}${paths.display}?ticket=${String(json["ticket"])}`);
    await once(socket, "open");
    await access.updateUser("looker", { role: "viewer" });
    const echo = once(socket, "message");
    socket.send(Buffer.of(1));
    await echo;
    const closed = once(socket, "close") as Promise<[number]>;
    await access.updateUser("looker", { barred: true });
    assert.equal((await closed)[0], 1008);
  });

  it("does not open where its asker was barred since", async () => {
    const { access } = daemon.services;
    await access.createUser({ name: "gone", role: "operator", password });
    const headers = browser(cookieOf(await signIn("gone")));
    const { json } = await ask("POST", "/v1/guests/db/display-ticket", {}, headers);
    await access.updateUser("gone", { barred: true });
    const socket = new WebSocket(`ws://${host}${paths.display}?ticket=${String(json["ticket"])}`);
    const [code, reason] = (await once(socket, "close")) as [number, Buffer];
    assert.deepEqual([code, reason.toString()], [1008, "api.unauthorized"]);
  });
});

describe("the host's own secret", () => {
  it("is an admin's on a loopback address", async () => {
    const reply = await ask("GET", "/v1/session", undefined, { authorization: `Bearer ${fakeToken}` });
    assert.deepEqual([reply.json["kind"], reply.json["role"] as Role], ["host", "admin"]);
  });
});

describe("the audit log", () => {
  const from = (at: number) => daemon.services.audited.slice(at);

  it("says who did what, from where and with what result, and holds no secret", async () => {
    const { audited } = daemon.services;
    const begun = audited.length;
    const cookie = cookieOf(await signIn("operator"));
    await ask("POST", "/v1/session", { name: "operator", password: "a wrong one" }, browser());
    await ask("POST", "/v1/session", { name: "what.is.this", password }, browser());
    await ask("POST", "/v1/guests/db/pause", undefined, browser(cookie));
    await ask("DELETE", "/v1/users/viewer", undefined, browser(cookie));
    await ask("GET", "/v1/guests", undefined, browser(cookie));
    await ask("POST", "/v1/guests", { image: "debian-13", name: "fresh" }, browser(cookie));
    await ask("POST", "/v1/guests/db/pause", undefined, {});
    const entries = from(begun);
    assert.deepEqual(
      entries.map(({ actor, user, action, target, result, code }) => [
        actor,
        user,
        action,
        target,
        result,
        code,
      ]),
      [
        ["nobody", "operator", "sessionCreate", undefined, "done", undefined],
        ["nobody", "operator", "sessionCreate", undefined, "refused", "access.sign_in_failed"],
        ["nobody", undefined, "sessionCreate", undefined, "refused", "access.sign_in_failed"],
        ["user", "operator", "guestPause", "db", "done", undefined],
        ["user", "operator", "userDelete", "viewer", "refused", "access.forbidden"],
        ["user", "operator", "guestCreate", "fresh", "done", undefined],
      ],
    );
    assert.match(entries[3]?.operation ?? "", /^o/);
    assert.deepEqual(new Set(entries.map(({ address }) => address)), new Set(["127.0.0.1"]));
    const text = JSON.stringify(audited);
    for (const secret of [password, "a wrong one", "what.is.this", cookie.split("=")[1] ?? "?", fakeToken])
      assert.ok(!text.includes(secret), secret);
  });

  it("has what is done through the socket, and streams into guests", async () => {
    const begun = daemon.services.audited.length;
    await daemon.client.call("guestResume", { params: { guest: "db" } });
    const command = await daemon.client.exec("db", { argv: ["exit", "0"] });
    command.stdin.end();
    await command.exit;
    assert.deepEqual(
      from(begun).map(({ actor, action, address, status }) => [actor, action, address, status]),
      [
        ["host", "guestResume", undefined, 202],
        ["host", "guestExec", undefined, 101],
      ],
    );
  });

  it("is an admin's to read", async () => {
    const reply = await ask("GET", "/v1/audit?limit=2", undefined, browser(cookies["admin"]));
    assert.equal((reply.json["items"] as unknown[]).length, 2);
  });
});
