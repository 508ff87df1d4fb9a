import assert from "node:assert/strict";
import { test } from "node:test";
import { mapText } from "../cell/user-namespace.ts";
import { idMaps } from "./ids.ts";

const guest = 0x7000_1234;

test("root in the guest is the folder's owner; everybody else there is nobody on the host", () => {
  const { users, groups } = idMaps({ uid: 1000, gid: 100 }, guest);
  assert.equal(mapText(users), "0 1000 1\n1 2147418113 65533\n");
  assert.equal(mapText(groups), "0 100 1\n1 2147418113 65533\n");
});

test("nobody in the guest is ever root of the host, also where the folder is root's", () => {
  const { users, groups } = idMaps({ uid: 0, gid: 0 }, guest);
  for (const ranges of [users, groups])
    for (const { outside } of ranges) assert.ok(outside >= 0x7000_0000, String(outside));
  assert.deepEqual(users[0], { inside: 0, outside: guest, count: 1 });
});

test("no number is given twice, also where a guest's user made the folder", () => {
  const { users } = idMaps({ uid: 0x7fff_0000 + 1000, gid: 1000 }, guest);
  assert.deepEqual(
    users.map(({ inside, outside, count }) => [inside, outside - 0x7fff_0000, count]),
    [
      [0, 1000, 1],
      [1, 1, 999],
      [1001, 1001, 64_533],
    ],
  );
});
