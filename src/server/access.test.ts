/** Over real sockets: who gets in, as whom, and what a hostile page or program can do. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { allows, roles, type Role } from "#contract/access";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { fakeToken, startFakeDaemon } from "../../test/fakes/fake-daemon.ts";
import { cookieOf, password, SignedIn } from "../../test/fakes/signed-in.ts";

let scene: SignedIn;
before(async () => void (scene = await SignedIn.open()));
after(() => scene.close());

const ask: SignedIn["ask"] = (...asked) => scene.ask(...asked);
const browser = (cookie?: string) => scene.browser(cookie);
const signIn = (name: string) => scene.signIn(name);

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
      // Signing in would be of no use.
      else if (route.permission === "peer")
        assert.deepEqual([reply.status, reply.code], [403, "cluster.peers_only"], name);
      else assert.deepEqual([reply.status, reply.code], [401, "api.unauthorized"], name);
    }
  });

  for (const role of roles) {
    it(`asks of ${role} the role it needs, by cookie and by token`, async () => {
      const { secret } = await scene.daemon.services.access.createToken(
        { kind: "host", role: "admin" },
        { name: `all-${role}`, role },
      );
      for (const [name, route] of harmless)
        for (const headers of [browser(scene.cookies[role]), { authorization: `Bearer ${secret}` }]) {
          const reply = await ask(route.method, examplePath(route), undefined, headers);
          const may = allows(role, route.permission);
          assert.equal(
            reply.code === (route.permission === "peer" ? "cluster.peers_only" : "access.forbidden"),
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
      { origin: scene.own.replace("http:", "https:") },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      {},
    ];
    const changing = harmless.filter(([, { method }]) => method !== "GET");
    for (const [name, route] of changing)
      for (const headers of foreign) {
        const cookie = scene.cookies["admin"] ?? "";
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
    const secret = (scene.cookies["admin"] ?? "").split("=")[1] ?? "";
    const asToken = await ask("GET", "/v1/session", undefined, { authorization: `Bearer ${secret}` });
    assert.equal(asToken.status, 401);
    const actor = { kind: "host", role: "admin" } as const;
    const made = await scene.daemon.services.access.createToken(actor, { name: "no-cookie" });
    const name = (scene.cookies["admin"] ?? "").split("=")[0] ?? "";
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
    const cookie = scene.cookies["admin"];
    const made = await ask("POST", "/v1/sign-in-link", undefined, browser(cookie));
    const { code, urls } = made.json as { code: string; urls: string[] };
    assert.deepEqual(urls, [`${scene.own}/#/welcome?code=${code}`]);
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

describe("the host's scene.own secret", () => {
  it("is an admin's on a loopback address", async () => {
    const reply = await ask("GET", "/v1/session", undefined, { authorization: `Bearer ${fakeToken}` });
    assert.deepEqual([reply.json["kind"], reply.json["role"] as Role], ["host", "admin"]);
  });
});
