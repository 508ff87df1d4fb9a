/** Against a provider of another's making, over real sockets, as a browser goes through it. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import Provider from "oidc-provider";
import { hasCode, type ErrorCode } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { Access } from "./access.ts";

const page = "http://127.0.0.1:7070";
const origin = { address: "127.0.0.1", page };
const secret = "a secret of the client's";

let server: Server;
let issuer: string;
before(async () => {
  server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "lodge", client_secret: secret, redirect_uris: [`${page}/`] }],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["only for tests"] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: ["people", `${id}s`] }),
    }),
  });
  server.on("request", provider.callback());
});
after(() => {
  server.closeAllConnections();
  server.close();
});

let access: Access;
let clock: ManualClock;
let store: MemoryStore;
beforeEach(() => {
  clock = new ManualClock(Date.now());
  store = new MemoryStore({ clock });
  access = new Access({
    store,
    clock,
    key: randomBytes(32),
    title: "Lodge test",
    hashCost: { memory: 64, passes: 1, parallelism: 1 },
  });
});

const add = (more: object = {}) =>
  access.addProvider({
    kind: "oidc",
    name: "work",
    issuer,
    clientId: "lodge",
    secret,
    role: "operator",
    ...more,
  });

const refused = (promise: Promise<unknown>, code: ErrorCode = "access.provider_refused") =>
  assert.rejects(promise, (error) => hasCode(error, code));

/** Goes where the provider sends a browser, types a name and agrees, until it is sent back; what it comes back with. */
async function browse(url: string, login: string): Promise<string> {
  const cookies = new Map<string, string>();
  let next: { url: string; body?: string } = { url };
  for (let step = 0; step < 20; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(next.url, {
      redirect: "manual",
      headers: { cookie, ...(next.body ? { "content-type": "application/x-www-form-urlencoded" } : {}) },
      ...(next.body ? { method: "POST", body: next.body } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    const html = await answer.text();
    if (location?.startsWith(page)) return new URL(location).search;
    if (location) next = { url: new URL(location, next.url).href };
    else {
      const action = /action="([^"]+)"/.exec(html)?.[1] ?? "";
      const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1] ?? "";
      assert.ok(action && prompt, `a form was expected: ${answer.status} ${html.slice(0, 300)}`);
      const body = new URLSearchParams({ prompt, login, password: "any" }).toString();
      next = { url: new URL(action, next.url).href, body };
    }
  }
  throw new TypeError("the provider never sent the browser back");
}

test("somebody comes by it for the first time, and finds his account again", async () => {
  await add();
  assert.deepEqual((await access.entry.options()).providers, [{ name: "work", title: "work" }]);
  for (let time = 0; time < 2; time++) {
    const { url, handle } = await access.entry.beginOidc("work", origin);
    const query = await browse(url, "anna");
    const { identity, secret: session } = await access.entry.signInWithOidc(
      "work",
      { handle, query },
      origin,
    );
    assert.deepEqual([identity.user, identity.role], ["anna", "operator"]);
    assert.equal((await access.identify(session))?.kind, "user");
  }
  assert.deepEqual(
    (await access.users()).map(({ name, password }) => [name, password]),
    [["anna", false]],
  );
});

test("what the token says is kept beside what an admin gave, until the next one or the provider's end", async () => {
  await add({ groupsClaim: "teams" });
  const enter = async () => {
    const { url, handle } = await access.entry.beginOidc("work", origin);
    return access.entry.signInWithOidc("work", { handle, query: await browse(url, "anna") }, origin);
  };
  const { secret: session } = await enter();
  const actor = (await access.identify(session))!;
  assert.deepEqual((await access.membershipsOfActor(actor))?.groups, []);
  await access.updateUser("anna", { groups: ["staff"] });
  await access.removeProvider("work");
  await add();
  await enter();
  const anna = await access.user("anna");
  assert.deepEqual(anna.groups, ["staff"]);
  assert.deepEqual(anna.told?.groups, ["people", "annas"]);
  assert.deepEqual(await access.memberships(anna.id), {
    name: "anna",
    groups: ["staff", "people", "annas"],
    claims: ["sub=anna", "preferred_username=anna", "groups=people", "groups=annas"],
  });
  await access.removeProvider("work");
  assert.deepEqual(await access.memberships(anna.id), { name: "anna", groups: ["staff"], claims: [] });
});

test("what came back counts once, with the handle of the page that began it, and for ten minutes", async () => {
  await add();
  const mine = await access.entry.beginOidc("work", origin);
  const other = await access.entry.beginOidc("work", origin);
  const query = await browse(mine.url, "anna");
  await refused(access.entry.signInWithOidc("work", { handle: other.handle, query }, origin));
  await refused(access.entry.signInWithOidc("work", { handle: "x".repeat(43), query }, origin));
  assert.ok(await access.entry.signInWithOidc("work", { handle: mine.handle, query }, origin));
  await refused(access.entry.signInWithOidc("work", { handle: mine.handle, query }, origin));
  const late = await access.entry.beginOidc("work", origin);
  const lateQuery = await browse(late.url, "anna");
  clock.advance(600_000);
  await refused(access.entry.signInWithOidc("work", { handle: late.handle, query: lateQuery }, origin));
  const denied = await access.entry.beginOidc("work", origin);
  const state = new URL(denied.url).searchParams.get("state") ?? "";
  const error = `?error=access_denied&state=${state}`;
  await refused(access.entry.signInWithOidc("work", { handle: denied.handle, query: error }, origin));
});

test("only those get in whom the admin meant", async () => {
  await add({ require: ["groups=annas"] });
  const enter = async (login: string) => {
    const { url, handle } = await access.entry.beginOidc("work", origin);
    return access.entry.signInWithOidc("work", { handle, query: await browse(url, login) }, origin);
  };
  assert.ok(await enter("anna"));
  await refused(enter("bert"));
  await access.createUser({ name: "root2", role: "admin" });
  await access.updateUser("anna", { barred: true });
  await refused(enter("anna"));
  await access.removeProvider("work");
  await refused(access.entry.beginOidc("work", origin), "provider.not_found");
  const { role: _none, ...closed } = {
    kind: "oidc" as const,
    name: "work",
    issuer,
    clientId: "lodge",
    secret,
    role: "viewer",
  };
  await access.addProvider(closed);
  await refused(enter("carla"));
});

test("nobody becomes somebody who is there already by calling himself so elsewhere", async () => {
  await access.createUser({ name: "anna", role: "admin", password: "correct horse battery" });
  await add();
  const { url, handle } = await access.entry.beginOidc("work", origin);
  const query = await browse(url, "anna");
  const { identity } = await access.entry.signInWithOidc("work", { handle, query }, origin);
  assert.match(identity.user ?? "", /^anna-[0-9a-f]{6}$/);
  assert.equal(identity.role, "operator");
});

test("whoever comes by it on two pages at once for the first time gets one account", async () => {
  await add();
  const arrive = async () => {
    const { url, handle } = await access.entry.beginOidc("work", origin);
    return { handle, query: await browse(url, "anna") };
  };
  const [first, second] = [await arrive(), await arrive()];
  const transact = store.transact.bind(store);
  // The second gets in just before the first one's account is made.
  store.transact = async (transaction) => {
    store.transact = transact;
    assert.equal((await access.entry.signInWithOidc("work", second, origin)).identity.user, "anna");
    return transact(transaction);
  };
  assert.equal((await access.entry.signInWithOidc("work", first, origin)).identity.user, "anna");
  assert.equal((await access.users()).length, 1);
});

test("somebody gets in whose name is taken in every way", async () => {
  const other = createHash("sha256").update("anna").digest("hex").slice(0, 6);
  for (const name of ["anna", `anna-${other}`]) await access.createUser({ name, role: "viewer" });
  await add();
  const { url, handle } = await access.entry.beginOidc("work", origin);
  const query = await browse(url, "anna");
  const { identity } = await access.entry.signInWithOidc("work", { handle, query }, origin);
  assert.match(identity.user ?? "", /^anna-[0-9a-z]{6}$/);
  assert.equal((await access.users()).length, 3);
});

test("one that cannot be asked is not added, and its secret is not kept as it is", async () => {
  await refused(
    access.addProvider({ kind: "oidc", name: "gone", issuer: "http://127.0.0.1:1/", clientId: "lodge" }),
    "provider.unusable",
  );
  await add();
  assert.ok(!JSON.stringify(await access.providers()).includes(secret));
  await refused(add(), "provider.name_taken");
});
