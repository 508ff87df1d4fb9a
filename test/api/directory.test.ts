/** Do people get in by a real directory, with the groups that it has them in, and is everybody else kept out? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { Attribute, Change } from "ldapts";
import { hasCode, type ErrorCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { Access, type AccessOptions } from "#domain/access/access";
import { recheckEvery, recheckPresentEvery } from "#domain/access/directory/recheck";
import { shownByApp } from "../fakes/authenticator-app.ts";
import { base, freePorts, password, reader, Slapd } from "../fakes/slapd.ts";

let slapd: Slapd;
/** Accepts connections, and then says nothing. */
let silent: Server;
before(async () => {
  slapd = await Slapd.start();
  silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
});
after(async () => {
  silent.close();
  await slapd.close();
});

let access: Access;
let clock: ManualClock;
const open = (more: Partial<AccessOptions> = {}): void => {
  clock = new ManualClock(Date.now());
  access = new Access({
    store: new MemoryStore({ clock }),
    clock,
    key: randomBytes(32),
    title: "Lodge test",
    hashCost: { memory: 64, passes: 1, parallelism: 1 },
    patience: 400,
    ...more,
  });
};
beforeEach(() => open());

type Add = Extract<Schemas["ProviderCreate"], { kind: "ldap" | "active-directory" }>;
const corp = (): Add => ({
  kind: "ldap",
  name: "corp",
  urls: [slapd.secure],
  ca: slapd.ca,
  base: `ou=people,${base}`,
  groupsBase: `ou=groups,${base}`,
  ...reader,
  role: "none",
});
const add = (more: Partial<Add> = {}) => access.addProvider({ ...corp(), ...more });
const enter = (name: string, given = password, code?: string) =>
  access.entry.signIn({ name, password: given, ...(code ? { code } : {}) }, { address: "127.0.0.1" });
const refused = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error) => hasCode(error, code) || assert.fail(error as Error));
const never = (): never => assert.fail("a directory could not be asked");
const dnOf = (name: string) => `uid=${name},ou=people,${base}`;

test("somebody comes for the first time, is in his groups and in theirs, and is found again", async () => {
  await add();
  const { identity, secret } = await enter("Ann");
  assert.deepEqual([identity.user, identity.role], ["ann", "none"]);
  const actor = await access.identify(secret);
  assert.deepEqual(await access.membershipsOfActor(actor!), {
    name: "ann",
    groups: ["design", "everybody", "makers", "printers", "staff"],
    claims: [],
  });
  await enter("corp\\ann");
  assert.deepEqual(
    (await access.users()).map(({ name, password: own }) => [name, own]),
    [["ann", false]],
  );
  assert.deepEqual((await access.entry.options()).providers, [], "there is no button for it");
});

test("a wrong, an empty or an anonymous one is nobody's password, and names are nothing but names", async () => {
  await add();
  const names = ["ann", "locked", "nobody", "*", "*)(uid=*", "ann)(|(uid=*", "a\0", "ann,ou=people", ""];
  for (const name of names) {
    open();
    await add();
    await refused(enter(name, name === "locked" ? password : "wrong"), "access.sign_in_failed");
  }
  for (const name of ["*", "*)(uid=*", "an*", "(uid=ann)"]) {
    open();
    await add();
    await refused(enter(name), "access.sign_in_failed");
  }
  for (const given of ["", "\0", "\0x"]) {
    open();
    await add();
    await refused(enter("ann", given), "access.sign_in_failed");
  }
  assert.deepEqual(await access.users(), []);
});

test("an account of Lodge's own is nobody else's, whatever a directory calls its people", async () => {
  await access.createUser({ name: "ann", role: "admin", password: "quite another horse" });
  await add();
  await refused(enter("ann"), "access.sign_in_failed");
  const { identity } = await enter("corp\\ann");
  assert.match(identity.user ?? "", /^ann-[0-9a-f]{6}$/);
  assert.equal(identity.role, "none");
  assert.equal((await enter(identity.user ?? "")).identity.user, identity.user);
  assert.equal((await enter("ann", "quite another horse")).identity.role, "admin");
});

test("guessing is slowed down by who is meant, whatever that one is called", async () => {
  await add();
  for (const name of ["ann", "ann", "corp\\ann", "ANN ", "CORP\\ann"])
    await refused(enter(name, "wrong"), "access.sign_in_failed");
  await refused(enter("corp\\Ann"), "access.too_many_attempts");
  clock.advance(60_000);
  assert.ok(await enter("ann"));
});

test("the password is the directory's to change, and a code of Lodge's is asked for besides", async () => {
  await add();
  const { secret } = await enter("ann");
  const actor = (await access.identify(secret))!;
  const change = { current: password, password: "a password of one's own" };
  await refused(access.own.changePassword(actor, change, {}), "access.password_elsewhere");
  const begun = await access.own.beginTotp(actor, { password }, {});
  await access.own.confirmTotp(actor, { code: shownByApp(begun.uri, clock.now()) });
  await refused(enter("ann"), "access.code_needed");
  clock.advance(60_000);
  assert.ok(await enter("ann", password, shownByApp(begun.uri, clock.now())));
});

/** Those who have something open are asked about each minute. */
async function aMinuteLater(present: ReadonlySet<string>): Promise<void> {
  const stop = new AbortController();
  const asked = access.keepRechecking(never, {
    async present() {
      stop.abort();
      return present;
    },
    signal: stop.signal,
  });
  clock.advance(recheckPresentEvery);
  await asked;
}

test("whoever the directory has no more is out at the next look, with his tokens, until it has him again", async () => {
  await add({ role: "viewer" });
  const { secret } = await enter("ben");
  const actor = (await access.identify(secret))!;
  const token = await access.createToken(actor, { name: "nightly", role: "viewer" });
  const set = (value: string[]) =>
    slapd.change((client) =>
      client.modify(
        dnOf("ben"),
        new Change({ operation: "replace", modification: new Attribute({ type: "uid", values: value }) }),
      ),
    );
  const move = (from: string, to: string) => slapd.change((client) => client.modifyDN(from, to));
  await move(dnOf("ben"), "uid=benjamin");
  await access.recheck(never);
  assert.ok(await access.identify(secret), "who is renamed is the same");
  clock.advance(recheckEvery);
  const outside = `uid=benjamin,ou=elsewhere,${base}`;
  await move(dnOf("benjamin"), outside);
  await aMinuteLater(new Set());
  assert.ok(await access.identify(secret), "he has nothing open");
  await aMinuteLater(new Set([actor.kind === "user" ? actor.user.id : ""]));
  assert.equal(await access.identify(secret), undefined);
  assert.equal(await access.identify(token.secret), undefined);
  assert.equal((await access.user("ben")).lapsed, true);
  clock.advance(recheckEvery);
  await move(outside, dnOf("ben"));
  await set(["ben"]);
  await access.recheck(never);
  assert.ok(await access.identify(token.secret));
  await access.updateUser("ben", { barred: true });
  clock.advance(recheckEvery);
  await access.recheck(never);
  assert.equal(await access.identify(token.secret), undefined, "who is barred here stays so");
  await refused(enter("ben"), "access.sign_in_failed");
});

test("a directory that does not answer ends nobody's session, and says so to who would come in", async () => {
  await add({ urls: [slapd.secure] });
  const { secret } = await enter("ann");
  await access.removeProvider("corp");
  await add({ urls: [slapd.plain], startTls: true });
  assert.ok(await enter("ann"));
  const failing: unknown[] = [];
  open({ may: async () => () => true });
  assert.equal(await access.identify(secret), undefined);
  const other = await Slapd.start();
  await add({ urls: [other.secure], ca: other.ca });
  const session = (await enter("ann")).secret;
  await other.close();
  await access.recheck((provider) => failing.push(provider));
  assert.deepEqual(failing, ["corp"]);
  assert.ok(await access.identify(session));
  await refused(enter("ann"), "access.provider_failed");
  await refused(enter("nobody"), "access.provider_failed");
});

test("servers are tried in turn: dead, silent, of another's certificate", async () => {
  const [dead] = await freePorts(1);
  const { port } = silent.address() as AddressInfo;
  await refused(add({ urls: [`ldap://127.0.0.1:${dead}`] }), "provider.unreachable");
  await refused(add({ urls: [`ldap://127.0.0.1:${port}`] }), "provider.unreachable");
  await refused(add({ urls: [`ldaps://127.0.0.1:${port}`] }), "provider.unreachable");
  await refused(add({ urls: [`ldap://127.0.0.1:${port}`], startTls: true }), "provider.unreachable");
  const { ca: _, ...untrusting } = corp();
  await refused(access.addProvider(untrusting), "provider.untrusted");
  const byName = slapd.secure.replace("127.0.0.1", "localhost");
  await add({ urls: [`ldap://127.0.0.1:${dead}`, `ldaps://localhost:${port}`, byName] });
  assert.ok(await enter("ann"));
  assert.equal((await access.testProvider("corp", "ann")).server, byName);
});

test("what cannot work is refused as it is added, with what is wrong", async () => {
  await refused(add({ urls: ["ldap://ldap.example.com"] }), "provider.plain");
  await refused(add({ secret: "wrong" }), "provider.bind_refused");
  await refused(add({ base: "dc=other,dc=com" }), "provider.base_not_found");
  await refused(add({ userFilter: "(uid=ann)" }), "provider.filter_unusable");
  await refused(add({ userFilter: "(uid={name}" }), "provider.filter_unusable");
  await refused(add({ ca: "no PEM" }), "api.invalid");
  const { bindDn: _, secret: __, ...anonymous } = corp();
  await refused(access.addProvider(anonymous), "provider.base_not_found");
  open({ may: async () => (address) => !address.startsWith("127.") });
  await refused(add(), "api.address_closed");
});

test("an admin sees what would come of it", async () => {
  await add({ base, requireGroups: ["Makers"] });
  assert.deepEqual(await access.testProvider("corp", "ann"), {
    server: slapd.secure,
    dn: dnOf("ann"),
    login: "ann",
    groups: ["design", "everybody", "makers", "printers", "staff"],
    role: "none",
  });
  const locked = await access.testProvider("corp", "locked");
  assert.deepEqual([locked.groups, locked.refusal], [[], "the account there is locked"]);
  await refused(access.testProvider("corp", "ben"), "provider.ambiguous");
  await refused(enter("ben"), "access.sign_in_failed");
  await refused(access.testProvider("corp", "nobody"), "provider.person_not_found");
  await refused(enter("reader"), "access.sign_in_failed");
  assert.ok(await enter("ann"));
  assert.equal((await access.testProvider("corp", "ann")).account, "ann");
  const { role: _, ...closed } = { ...corp(), name: "closed" };
  await access.addProvider(closed);
  assert.match((await access.testProvider("closed", "ben")).refusal ?? "", /none is made/);
  await refused(enter("closed\\ben"), "access.provider_refused");
});

test("in Active Directory's way: by either name, by its own ids, with the primary group", async () => {
  // slapd has no LDAP_MATCHING_RULE_IN_CHAIN: members of members are not asked for here.
  const groupFilter = "(&(objectClass=groupOfNames)(member={dn}))";
  await add({
    kind: "active-directory",
    groupFilter,
  });
  for (const name of ["ada", "ADA@example.com", "corp\\ada"])
    assert.equal((await enter(name)).identity.user, "ada");
  assert.deepEqual((await access.users())[0]?.told?.groups, ["Domain Users", "in the domain"]);
  await slapd.change((client) =>
    client.modify(
      dnOf("ad-ann"),
      new Change({
        operation: "replace",
        modification: new Attribute({ type: "userAccountControl", values: ["514"] }),
      }),
    ),
  );
  await access.recheck(never);
  assert.equal((await access.user("ada")).lapsed, true);
  await refused(enter("ada"), "access.provider_refused");
});
