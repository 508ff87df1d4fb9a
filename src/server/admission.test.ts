/** Over real sockets: which streams open, and when they end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { LodgeError } from "#contract/errors";
import { until } from "../../test/fakes/fake-daemon.ts";
import { cookieOf, password, SignedIn } from "../../test/fakes/signed-in.ts";
import { Admission } from "./admission.ts";

let scene: SignedIn;
before(async () => void (scene = await SignedIn.open()));
after(() => scene.close());

const ask: SignedIn["ask"] = (...asked) => scene.ask(...asked);
const browser = (cookie?: string) => scene.browser(cookie);
const signIn = (name: string) => scene.signIn(name);

describe("a stream", () => {
  const open = (headers: Record<string, string>): WebSocket =>
    new WebSocket(`ws://${scene.host}/v1/events`, { headers });

  async function refusedWith(socket: WebSocket): Promise<number | undefined> {
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
    socket.on("error", () => undefined);
    socket.terminate();
    return response.statusCode;
  }

  it("opens for Lodge's scene.own page, and for no other that the browser sends the cookie for", async () => {
    const cookie = scene.cookies["viewer"] ?? "";
    const socket = open({ cookie, origin: scene.own });
    await once(socket, "open");
    socket.terminate();
    assert.equal(await refusedWith(open({ cookie, origin: "http://127.0.0.1:1" })), 403);
    assert.equal(await refusedWith(open({ cookie })), 403);
    assert.equal(await refusedWith(open({ origin: scene.own })), 401);
  });

  it("ends with the session, the token or the role that opened it", async () => {
    const { access } = scene.daemon.services;
    const actor = { kind: "host", role: "admin" } as const;
    await access.createUser({ name: "emil", role: "viewer", password });
    const ends: [string, Record<string, string>, () => Promise<unknown>][] = [];
    const cookie = cookieOf(await signIn("emil"));
    ends.push([
      "signed out",
      { cookie, origin: scene.own },
      () => ask("DELETE", "/v1/session", undefined, browser(cookie)),
    ]);
    const { secret } = await access.createToken(actor, { name: "short" });
    const authorization = `Bearer ${secret}`;
    ends.push(["revoked", { authorization }, () => access.removeToken(actor, "short")]);
    const second = cookieOf(await signIn("emil"));
    ends.push([
      "barred",
      { cookie: second, origin: scene.own },
      () => access.updateUser("emil", { barred: true }),
    ]);
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
    const socket = new WebSocket(`ws://${scene.host}${path}?ticket=${String(json["ticket"])}`, {
      headers: shown,
    });
    socket.on("error", () => undefined);
    await once(socket, "open");
    return socket;
  }

  it("ends when its asker signs out, is barred, removed or loses his role, or his token is revoked", async () => {
    const { access } = scene.daemon.services;
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
    const { access } = scene.daemon.services;
    await access.createUser({ name: "looker", role: "operator", password });
    const headers = browser(cookieOf(await signIn("looker")));
    const { json } = await ask("POST", "/v1/guests/db/display-ticket", { viewOnly: true }, headers);
    const socket = new WebSocket(`ws://${scene.host}${paths.display}?ticket=${String(json["ticket"])}`);
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
    const { access } = scene.daemon.services;
    await access.createUser({ name: "gone", role: "operator", password });
    const headers = browser(cookieOf(await signIn("gone")));
    const { json } = await ask("POST", "/v1/guests/db/display-ticket", {}, headers);
    await access.updateUser("gone", { barred: true });
    const socket = new WebSocket(`ws://${scene.host}${paths.display}?ticket=${String(json["ticket"])}`);
    const [code, reason] = (await once(socket, "close")) as [number, Buffer];
    assert.deepEqual([code, reason.toString()], [1008, "api.unauthorized"]);
  });
});

it("a stream stays where it cannot be asked whether it may, until it can", async () => {
  let changed = () => {};
  let answer = async (): Promise<LodgeError | undefined> => {
    throw new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });
  };
  const stopping = new AbortController();
  const admission = new Admission({
    guard: { identify: () => Promise.reject(new TypeError("nobody comes")), now: async () => undefined },
    access: { onChange: (listener) => void (changed = listener) },
    listenerOf: () => ({ trusted: false, secure: false }),
    cookie: () => "",
    stopping: stopping.signal,
  });
  const ends: string[] = [];
  let asked = 0;
  const obstacle = () => (asked++, answer());
  admission.watch({ holder: undefined, obstacle }, ({ code }) => ends.push(code));
  changed();
  await until(() => asked === 1);
  assert.deepEqual(ends, []);
  // What is changed while it is asked is asked once more.
  const slow = Promise.withResolvers<undefined>();
  answer = () => slow.promise;
  await until(() => (changed(), asked === 2));
  changed();
  answer = async () => new LodgeError("access.forbidden", { needed: "operator", role: "none" });
  slow.resolve(undefined);
  await until(() => ends.length > 0);
  assert.deepEqual(ends, ["access.forbidden"]);
  stopping.abort();
});
