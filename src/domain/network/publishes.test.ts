import assert from "node:assert/strict";
import { test } from "node:test";
import type { Member } from "./member.ts";
import { publishedIn } from "./publishes.ts";
import type { NetworkRecord } from "./record.ts";

const records: NetworkRecord[] = [
  { name: "inner", kind: "isolated", index: 2, subnet: "10.0.2.0/24" },
  { name: "default", kind: "nat", index: 0, subnet: "10.0.0.0/24" },
  { name: "dmz", kind: "routed", index: 3, subnet: "10.0.3.0/24" },
];

test("a guest's ports lead to its first card that can be reached by one, and to no other", () => {
  const card = (network: string, address: string) => ({ id: network, network, mac: "", address });
  const web: Member = {
    id: "g1",
    name: "web",
    project: "default",
    nics: [
      card("inner", "10.0.2.7"),
      { ...card("dmz", "10.0.3.7"), address6: "fd00::7" },
      card("default", "10.0.0.7"),
    ],
    publish: [{ protocol: "tcp", hostPort: 80, guestPort: 8080 }],
  };
  const led = (id: string) => publishedIn(id, [web], records);
  assert.deepEqual(led("dmz"), [
    { protocol: "tcp", hostPort: 80, guestPort: 8080, guestAddress: "10.0.3.7", guestAddress6: "fd00::7" },
  ]);
  assert.deepEqual([...led("inner"), ...led("default"), ...led("shop.dmz")], []);
});
