import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { it } from "node:test";
import { LodgeError } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { Access } from "./access.ts";
import { hostActor } from "./actor.ts";

const clock = new ManualClock();

it("a disk that is full shuts nobody out who is signed in, and no program", async () => {
  const store = new MemoryStore({ clock });
  const access = new Access({
    store,
    clock,
    key: randomBytes(32),
    title: "Lodge test",
    hashCost: { memory: 64, passes: 1, parallelism: 1 },
  });
  const { code } = await access.adminLink();
  const redeemed = { code, name: "anna", password: "correct horse battery" };
  const { secret: session } = await access.entry.redeem(redeemed, { address: "192.0.2.7" });
  const { secret: token } = await access.createToken(hostActor, { name: "ci" });
  clock.advance(3_600_000);
  store.transact = async () => {
    throw new LodgeError("store.unavailable", { path: "store", reason: "the disk is full" });
  };
  assert.equal((await access.identify(session))?.kind, "user");
  assert.equal((await access.identify(token))?.kind, "token");
});
