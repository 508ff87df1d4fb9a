import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./conversation.ts";
import { findSubject, shutOutBy, subjectOf } from "./entry.ts";
import { primaryGroup } from "./groups.ts";

const entry = (attributes: Readonly<Record<string, string | Buffer>>): Entry => ({
  dn: "CN=Ann,DC=example,DC=com",
  attributes: new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), [value]])),
});

const now = Date.UTC(2030, 0, 1);
/** As Active Directory counts. */
const filetime = (time: number): string => ((BigInt(time) + 11_644_473_600_000n) * 10_000n).toString();

test("whoever is disabled, locked by an admin or past his time is shut out", () => {
  const out: Readonly<Record<string, string>>[] = [
    { userAccountControl: "514" },
    { userAccountControl: "66050" },
    { accountExpires: filetime(now - 1000) },
    { nsAccountLock: "TRUE" },
    { loginDisabled: "true" },
    { pwdAccountLockedTime: "000001010000Z" },
    { shadowExpire: "1" },
    { shadowExpire: String(now / 86_400_000) },
  ];
  for (const each of out) assert.ok(shutOutBy(entry(each), now), JSON.stringify(each));
  const still: Readonly<Record<string, string>>[] = [
    {},
    { userAccountControl: "512" },
    { accountExpires: "0" },
    { accountExpires: "9223372036854775807" },
    { accountExpires: filetime(now + 60_000) },
    { nsAccountLock: "FALSE" },
    // Locked for a while by wrong passwords, which a stranger can have anybody be.
    { pwdAccountLockedTime: "20300101000000Z" },
    { shadowExpire: "-1" },
    { shadowExpire: String(now / 86_400_000 + 1) },
  ];
  for (const each of still) assert.equal(shutOutBy(entry(each), now), undefined, JSON.stringify(each));
});

test("an entry is found again by what it keeps when it is renamed", () => {
  const guid = Buffer.from("00ff2a28295c", "hex");
  assert.deepEqual(findSubject(subjectOf(entry({ objectGUID: guid, entryUUID: "x" }))), {
    attribute: "objectGUID",
    value: guid,
  });
  const uuid = "5c1a8d7e-0000-4000-8000-000000000001";
  assert.deepEqual(findSubject(subjectOf(entry({ entryUUID: uuid }))), {
    attribute: "entryUUID",
    value: uuid,
  });
  assert.deepEqual(findSubject(subjectOf(entry({}))), { dn: "cn=ann,dc=example,dc=com" });
});

test("the primary group's identifier is the person's own with the group's number", () => {
  const domain = "010500000000000515000000aaaaaaaabbbbbbbbcccccccc";
  const objectSid = Buffer.from(`${domain}51040000`, "hex");
  const group = primaryGroup(entry({ objectSid, primaryGroupID: "513" }));
  assert.equal((group?.value as Buffer).toString("hex"), `${domain}01020000`);
  assert.equal(primaryGroup(entry({ objectSid })), undefined);
});
