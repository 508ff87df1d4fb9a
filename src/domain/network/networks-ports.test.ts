import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import type { Member } from "./member.ts";
import { Networks } from "./networks.ts";

test("a guest that publishes one more port keeps those it has; another's are refused", async () => {
  const http = { protocol: "tcp", hostPort: 8080, guestPort: 80 } as const;
  const web: Member = { id: "g1", name: "web", project: "default", nics: [], publish: [http], process: {} };
  const networks = new Networks({
    store: new MemoryStore(),
    tag: "a1b2c0",
    folder: "/nowhere",
    members: async () => [web],
  });
  await networks.requirePortsFree([{ ...http, guestPort: 8000 }], "g1");
  await assert.rejects(networks.requirePortsFree([http, { ...http, guestPort: 8000 }], "g1"), {
    message: "publish: 8080/tcp is in it twice.",
  });
  for (const owner of ["g2", undefined])
    await assert.rejects(networks.requirePortsFree([http], owner), (error) =>
      hasCode(error, "network.port_in_use"),
    );
});
