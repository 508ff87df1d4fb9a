/** Is a real etcd, through its gateway, the same store as the one of a single host? */
import { randomUUID } from "node:crypto";
import { after, before } from "node:test";
import { storeConformance } from "#durable/store/conformance";
import { openEtcdStore } from "#durable/store/etcd";
import { TestMembers } from "./members.ts";

let members: TestMembers;
let restored: TestMembers | undefined;
before(async () => void (members = await TestMembers.start(1)));
after(async () => {
  await members.end();
  await restored?.end();
});

/** Stores of one etcd are apart by their prefix. */
let prefix = "";

storeConformance("the etcd store", {
  make: (options) => {
    prefix = `test/${randomUUID()}`;
    return openEtcdStore({ endpoints: members.endpoints, prefix, history: options?.history ?? 100_000 });
  },
  restore: async (snapshot) => {
    restored = await TestMembers.start(1, { snapshot });
    return openEtcdStore({ endpoints: restored.endpoints, prefix });
  },
});
