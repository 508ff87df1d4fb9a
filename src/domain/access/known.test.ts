import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import type { Actor } from "./actor.ts";
import { Known } from "./known.ts";

const actor: Actor = {
  kind: "user",
  role: "admin",
  user: { id: "u1", name: "ada" },
  session: "s1",
  secondFactor: false,
  expiresAt: 1_700_000_100_000,
};
const silent = () =>
  Promise.reject(new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" }));
const unavailable = (error: unknown) => hasCode(error, "store.unavailable");

describe("who showed a secret lately", () => {
  it("is still known while the store answers nobody, or not soon", async () => {
    const clock = new ManualClock();
    const known = new Known(clock);
    assert.equal(await known.identify("x", async () => actor), actor);
    assert.equal(await known.identify("x", silent), actor);
    const late = known.identify("x", () => new Promise(() => undefined));
    clock.advance(1_000);
    assert.equal(await late, actor);
    await assert.rejects(known.identify("y", silent), unavailable);
  });

  it("is not any more once his session is over, or somebody may have lost what he could do", async () => {
    const clock = new ManualClock();
    const known = new Known(clock);
    await known.identify("x", async () => actor);
    known.forget();
    await assert.rejects(known.identify("x", silent), unavailable);
    await known.identify("x", async () => actor);
    assert.equal(await known.identify("x", async () => undefined), undefined);
    await assert.rejects(known.identify("x", silent), unavailable);
    await known.identify("x", async () => actor);
    await known.identify("y", async () => ({ ...actor, expiresAt: 1_800_000_000_000 }));
    clock.advance(100_000);
    await assert.rejects(known.identify("x", silent), unavailable);
    assert.equal((await known.identify("y", silent))?.kind, "user");
    clock.advance(3_600_000);
    await assert.rejects(known.identify("y", silent), unavailable);
  });

  it("is not known by what was read before somebody lost what he could do", async () => {
    const known = new Known(new ManualClock());
    const read = Promise.withResolvers<Actor>();
    const asked = known.identify("x", () => read.promise);
    known.forget();
    read.resolve(actor);
    await asked;
    await assert.rejects(known.identify("x", silent), unavailable);
  });
});
