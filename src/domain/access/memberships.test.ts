import assert from "node:assert/strict";
import { test } from "node:test";
import { keptGroups, membershipsOf, toldByToken } from "./memberships.ts";
import type { UserRecord } from "./record.ts";

const ann: UserRecord = { id: "u1", name: "ann", role: "none", createdAt: 0 };

test("what an admin gave and what a provider told are both counted, once", () => {
  const told = { provider: "work", at: 0, groups: ["design", "Domain Users"], claims: ["level=3"] };
  assert.deepEqual(membershipsOf({ ...ann, groups: ["staff", "design"], told }), {
    name: "ann",
    groups: ["staff", "design", "Domain Users"],
    claims: ["level=3"],
  });
  assert.deepEqual(membershipsOf(ann), { name: "ann", groups: [], claims: [] });
});

test("a token's claims are kept as text, but for the protocol's own and what is no text", () => {
  const claims = {
    iss: "https://id.example",
    exp: 1,
    nonce: "n",
    sub: "7",
    level: 3,
    staff: true,
    roles: ["a", "b"],
    address: { street: "x" },
    note: "two\nlines",
    long: "x".repeat(300),
    teams: ["design", "design", "", "x".repeat(129), 4],
  };
  assert.deepEqual(toldByToken("work", claims, "teams", 5), {
    provider: "work",
    at: 5,
    groups: ["design", "4"],
    claims: [
      "sub=7",
      "level=3",
      "staff=true",
      "roles=a",
      "roles=b",
      "teams=design",
      "teams=",
      `teams=${"x".repeat(129)}`,
      "teams=4",
    ],
  });
});

test("nobody fills the store with groups", () => {
  const many = Array.from({ length: 2_000 }, (_, index) => `group ${index}`);
  assert.equal(keptGroups(many).length, 500);
  const claims = toldByToken("work", { many }, "groups", 0).claims;
  assert.equal(claims.length, 200);
});
