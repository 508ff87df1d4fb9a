import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { shownByApp } from "../../../test/fakes/authenticator-app.ts";
import { Access } from "./access.ts";
import { hostActor, type UserActor } from "./actor.ts";

const day = 86_400_000;
const password = "correct horse battery";
const origin = { address: "192.0.2.7", agent: "a browser" };

let clock: ManualClock;
let store: MemoryStore;
let access: Access;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryStore({ clock });
  access = new Access({
    store,
    clock,
    key: randomBytes(32),
    title: "Lodge test",
    hashCost: { memory: 64, passes: 1, parallelism: 1 },
  });
});

const refused = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error) => hasCode(error, code));

async function person(secret: string): Promise<UserActor> {
  const actor = await access.identify(secret);
  assert.equal(actor?.kind, "user");
  return actor as UserActor;
}

async function firstAdmin(): Promise<string> {
  const { code } = await access.adminLink();
  return (await access.entry.redeem({ code, name: "anna", password }, origin)).secret;
}

describe("the first link", () => {
  it("makes an admin who is signed in, once", async () => {
    assert.equal((await access.entry.options()).firstUse, true);
    const { code } = await access.adminLink();
    assert.equal((await access.entry.link(code, origin)).purpose, "new-admin");
    const { secret, identity } = await access.entry.redeem({ code, name: "anna", password }, origin);
    assert.equal(identity.role, "admin");
    assert.equal((await person(secret)).user.name, "anna");
    assert.equal((await access.entry.options()).firstUse, false);
    await refused(access.entry.redeem({ code, name: "bert", password }, origin), "access.link_void");
    await refused(access.entry.link(code, origin), "access.link_void");
  });

  it("lets one in of two who use it at once", async () => {
    const { code } = await access.adminLink();
    const both = await Promise.allSettled([
      access.entry.redeem({ code, name: "anna", password }, origin),
      access.entry.redeem({ code, name: "bert", password }, origin),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.equal((await access.users()).length, 1);
  });

  it("runs out, and is void once there is another", async () => {
    const { code: first } = await access.adminLink();
    const { code: second } = await access.adminLink();
    await refused(access.entry.link(first, origin), "access.link_void");
    clock.advance(3_600_000);
    await refused(access.entry.link(second, origin), "access.link_void");
  });

  it("is still good after a name that is taken or a password that is weak", async () => {
    await firstAdmin();
    const { code } = await access.adminLink();
    await refused(access.entry.redeem({ code, name: "anna", password }, origin), "user.name_taken");
    await refused(
      access.entry.redeem({ code, name: "bert", password: "bert12345!" }, origin),
      "access.password_weak",
    );
    await refused(access.entry.redeem({ code, password }, origin), "api.invalid");
    assert.equal((await access.entry.redeem({ code, name: "bert", password }, origin)).identity.user, "bert");
  });
});

describe("signing in", () => {
  it("takes the right password, and says the same of a wrong one and of nobody", async () => {
    await firstAdmin();
    assert.equal((await access.entry.signIn({ name: "anna", password }, origin)).identity.user, "anna");
    await refused(access.entry.signIn({ name: "anna", password: "wrong" }, origin), "access.sign_in_failed");
    await refused(access.entry.signIn({ name: "nobody", password }, origin), "access.sign_in_failed");
  });

  it("has to wait after five failures, from wherever they came", async () => {
    await firstAdmin();
    const wrong = (at: number) =>
      access.entry.signIn({ name: "anna", password: "wrong" }, { address: `192.0.2.${at}` });
    for (let at = 0; at < 5; at++) await refused(wrong(at), "access.sign_in_failed");
    await refused(access.entry.signIn({ name: "anna", password }, origin), "access.too_many_attempts");
    clock.advance(2000);
    assert.ok((await access.entry.signIn({ name: "anna", password }, origin)).secret);
  });

  it("is never shut for whoever has the host: a reset's link goes past it", async () => {
    await firstAdmin();
    for (let at = 0; at < 5; at++)
      await refused(
        access.entry.signIn({ name: "anna", password: "wrong" }, origin),
        "access.sign_in_failed",
      );
    const { code } = await access.resetLink("anna");
    const renewed = "another good one";
    assert.ok((await access.entry.redeem({ code, password: renewed }, origin)).secret);
    assert.ok((await access.entry.signIn({ name: "anna", password: renewed }, origin)).secret);
  });

  it("keeps no password and no secret as it is", async () => {
    const secret = await firstAdmin();
    const { secret: token } = await access.createToken(hostActor, { name: "ci" });
    const { code } = await access.resetLink("anna");
    const kept = JSON.stringify((await store.list("")).items);
    for (const word of [password, secret, token, code]) assert.ok(!kept.includes(word));
  });
});

describe("a session", () => {
  it("ends with a week without use, and thirty days after it began", async () => {
    const secret = await firstAdmin();
    clock.advance(6 * day);
    assert.ok(await access.identify(secret));
    for (let week = 0; week < 3; week++) {
      clock.advance(6 * day);
      assert.ok(await access.identify(secret));
    }
    clock.advance(6 * day);
    assert.equal(await access.identify(secret), undefined);
    const other = (await access.entry.signIn({ name: "anna", password }, origin)).secret;
    clock.advance(7 * day);
    assert.equal(await access.identify(other), undefined);
  });

  it("ends with its sign-out, and the others with a new password", async () => {
    const one = await firstAdmin();
    const two = (await access.entry.signIn({ name: "anna", password }, origin)).secret;
    const three = (await access.entry.signIn({ name: "anna", password }, origin)).secret;
    assert.equal((await access.sessions(await person(one), {})).length, 3);
    await access.own.signOut(await person(one));
    assert.equal(await access.identify(one), undefined);
    const change = { current: password, password: "another good one" };
    await access.own.changePassword(await person(two), change, origin);
    assert.ok(await access.identify(two));
    assert.equal(await access.identify(three), undefined);
  });

  it("goes with the bar, the reset and the end of its account", async () => {
    await firstAdmin();
    await access.createUser({ name: "bert", role: "operator", password });
    const enter = async () => (await access.entry.signIn({ name: "bert", password }, origin)).secret;
    const barred = await enter();
    await access.updateUser("bert", { barred: true });
    assert.equal(await access.identify(barred), undefined);
    await refused(enter(), "access.sign_in_failed");
    await access.updateUser("bert", { barred: false });
    assert.equal(await access.identify(barred), undefined);
    const reset = await enter();
    const { code } = await access.resetLink("bert");
    await access.entry.redeem({ code, password }, origin);
    assert.equal(await access.identify(reset), undefined);
    const last = await enter();
    await access.removeUser("bert");
    assert.equal(await access.identify(last), undefined);
    // A new account of the same name is another one.
    await access.createUser({ name: "bert", role: "admin", password });
    assert.equal(await access.identify(last), undefined);
  });

  it("is one's own to see and to end, or an admin's", async () => {
    const anna = await person(await firstAdmin());
    await access.createUser({ name: "bert", role: "operator", password });
    const bert = await person((await access.entry.signIn({ name: "bert", password }, origin)).secret);
    assert.deepEqual(
      (await access.sessions(bert, {})).map(({ user, current }) => [user, current]),
      [["bert", true]],
    );
    await refused(access.sessions(bert, { user: "anna" }), "user.not_found");
    await refused(access.endSession(bert, anna.session), "session.not_found");
    assert.equal((await access.sessions(anna, {})).length, 2);
    assert.equal((await access.endSession(anna, bert.session)).user, "bert");
  });
});

describe("an authenticator app", () => {
  const shows = (uri: string) => shownByApp(uri, clock.now());
  const enter = (code?: string) =>
    access.entry.signIn({ name: "anna", password, ...(code === undefined ? {} : { code }) }, origin);

  async function withApp(): Promise<{ anna: UserActor; uri: string; codes: string[] }> {
    const anna = await person(await firstAdmin());
    await refused(access.own.beginTotp(anna, { password: "wrong" }, origin), "access.sign_in_failed");
    await refused(access.own.confirmTotp(anna, { code: "123456" }), "access.factor_not_begun");
    const { uri } = await access.own.beginTotp(anna, { password }, origin);
    const { codes } = await access.own.confirmTotp(anna, { code: shows(uri) });
    clock.advance(30_000);
    return { anna, uri, codes };
  }

  it("is asked for once it was confirmed, and each of its codes counts once", async () => {
    const { uri } = await withApp();
    await refused(enter(), "access.code_needed");
    await refused(enter("000000"), "access.code_wrong");
    const code = shows(uri);
    assert.equal((await enter(code)).identity.secondFactor, true);
    await refused(enter(code), "access.code_wrong");
    clock.advance(30_000);
    assert.ok(await enter(shows(uri)));
  });

  it("counts once, though it is used twice at the same time", async () => {
    const { uri } = await withApp();
    const both = await Promise.allSettled([enter(shows(uri)), enter(shows(uri))]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  });

  it("is replaced by each of ten codes on paper, once", async () => {
    const { codes } = await withApp();
    assert.equal(codes.length, 10);
    assert.ok(await enter(codes[3]?.toUpperCase()));
    await refused(enter(codes[3]), "access.code_wrong");
    assert.ok(await enter(codes[4]));
    assert.ok(!JSON.stringify((await store.list("")).items).includes(codes[5] ?? "?"));
  });

  it("is not guessed by whoever has the password", async () => {
    const { uri } = await withApp();
    for (let at = 0; at < 5; at++) await refused(enter(`00000${at}`), "access.code_wrong");
    await refused(enter(shows(uri)), "access.too_many_attempts");
  });

  it("is asked for by a reset as well, unless the link was made to drop it", async () => {
    const { uri } = await withApp();
    const { code, secondFactor } = await access.resetLink("anna");
    assert.equal(secondFactor, true);
    await refused(access.entry.redeem({ code, password }, origin), "access.code_needed");
    assert.ok(await access.entry.redeem({ code, password, secondFactor: shows(uri) }, origin));
    const other = await access.resetLink("anna", { dropSecondFactor: true });
    assert.equal(
      (await access.entry.redeem({ code: other.code, password }, origin)).identity.secondFactor,
      false,
    );
    assert.ok(await enter());
  });

  it("can be removed by whoever shows the password again", async () => {
    const { anna } = await withApp();
    await refused(access.own.removeTotp(anna, { password: "wrong" }, origin), "access.sign_in_failed");
    await access.own.removeTotp(anna, { password }, origin);
    assert.ok(await enter());
  });
});

describe("a token", () => {
  it("can what its role can, until it runs out or is revoked", async () => {
    const made = await access.createToken(hostActor, { name: "ci", role: "operator", seconds: 60 });
    assert.match(made.secret, /^lodge_[\w-]{43}$/);
    assert.equal((await access.identify(made.secret))?.role, "operator");
    clock.advance(60_000);
    assert.equal(await access.identify(made.secret), undefined);
    const other = await access.createToken(hostActor, { name: "other", seconds: null });
    clock.advance(1000 * day);
    assert.ok(await access.identify(other.secret));
    await access.removeToken(hostActor, "other");
    assert.equal(await access.identify(other.secret), undefined);
  });

  it("can never more than its account, and makes no tokens", async () => {
    await firstAdmin();
    await access.createUser({ name: "bert", role: "operator", password });
    const bert = await person((await access.entry.signIn({ name: "bert", password }, origin)).secret);
    await refused(access.createToken(bert, { name: "t", role: "admin" }), "access.forbidden");
    const { secret } = await access.createToken(bert, { name: "t" });
    assert.equal((await access.identify(secret))?.role, "operator");
    await access.updateUser("bert", { role: "viewer" });
    const actor = await access.identify(secret);
    assert.equal(actor?.role, "viewer");
    await refused(access.createToken(actor, { name: "u" }), "access.session_needed");
    await access.updateUser("bert", { barred: true });
    assert.equal(await access.identify(secret), undefined);
    await access.removeUser("bert");
    assert.deepEqual(await access.tokens(hostActor, {}), []);
  });
});

describe("accounts", () => {
  it("keep one admin, whoever asks", async () => {
    await firstAdmin();
    await refused(access.removeUser("anna"), "user.last_admin");
    await refused(access.updateUser("anna", { role: "viewer" }), "user.last_admin");
    await refused(access.updateUser("anna", { barred: true }), "user.last_admin");
    await access.createUser({ name: "bert", role: "admin", password });
    const both = await Promise.allSettled([
      access.updateUser("anna", { role: "viewer" }),
      access.updateUser("bert", { role: "viewer" }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  });

  it("have names of their own", async () => {
    await firstAdmin();
    await refused(access.createUser({ name: "anna", role: "viewer" }), "user.name_taken");
    await refused(access.user("nobody"), "user.not_found");
  });
});
