import assert from "node:assert/strict";
import { test } from "node:test";
import { commonName, liesUnder, parseName, sameName } from "./distinguished-name.ts";

test("names are the same however they are written", () => {
  assert.ok(sameName("CN=Domain Users,DC=Example,DC=com", "cn=domain  users, dc=example ,dc=COM"));
  assert.ok(sameName("cn=a\\2cb,dc=x", "cn=a\\,b,dc=x"));
  assert.ok(sameName("cn=J\\C3\\BCrgen,dc=x", "cn=Jürgen,dc=x"));
  assert.ok(sameName("cn=a+uid=b,dc=x", "uid=b+cn=a,dc=x"));
  assert.ok(!sameName("cn=a\\,dc=x", "cn=a,dc=x"), "an escaped comma is part of the value");
  assert.ok(!sameName("cn=a", "cn=a,dc=x"));
  assert.ok(!sameName("nonsense", "nonsense"));
});

test("what lies under a base does by whole parts", () => {
  assert.ok(liesUnder("cn=a,ou=groups,dc=x", "OU=Groups,DC=x"));
  assert.ok(liesUnder("dc=x", "dc=x"));
  assert.ok(!liesUnder("cn=a,ou=not groups,dc=x", "ou=groups,dc=x"));
  assert.ok(!liesUnder("cn=a\\,ou=groups\\,dc=x", "ou=groups,dc=x"));
  assert.ok(!liesUnder("cn=ou=groups,dc=y", "ou=groups,dc=x"));
});

test("a group is called by its cn", () => {
  assert.equal(commonName("CN=Domain Users,CN=Users,DC=x"), "Domain Users");
  assert.equal(commonName("gidNumber=5+cn=staff,dc=x"), "staff");
  assert.equal(commonName("ou=people,dc=x"), "people");
  assert.equal(commonName("cn=R\\26D\\, all\\ ,dc=x"), "R&D, all ");
  assert.equal(parseName("="), undefined);
});
