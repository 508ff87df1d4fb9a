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

const look = (known: Known, secret: string, ask: () => Promise<Actor | undefined>) =>
  known.identify(secret, ask, true);

describe("who showed a secret lately", () => {
  it("is still known while the store answers nobody, or not soon", async () => {
    const clock = new ManualClock();
    const known = new Known(clock);
    assert.equal(await look(known, "x", async () => actor), actor);
    assert.equal(await look(known, "x", silent), actor);
    const late = look(known, "x", () => new Promise(() => undefined));
    clock.advance(1_000);
    assert.equal(await late, actor);
    await assert.rejects(look(known, "y", silent), unavailable);
  });

  it("is not any more once his session is over, or somebody may have lost what he could do", async () => {
    const clock = new ManualClock();
    const known = new Known(clock);
    await look(known, "x", async () => actor);
    known.forget();
    await assert.rejects(look(known, "x", silent), unavailable);
    await look(known, "x", async () => actor);
    assert.equal(await look(known, "x", async () => undefined), undefined);
    await assert.rejects(look(known, "x", silent), unavailable);
    await look(known, "x", async () => actor);
    await look(known, "y", async () => ({ ...actor, expiresAt: 1_800_000_000_000 }));
    clock.advance(100_000);
    await assert.rejects(look(known, "x", silent), unavailable);
    assert.equal((await look(known, "y", silent))?.kind, "user");
    clock.advance(3_600_000);
    await assert.rejects(look(known, "y", silent), unavailable);
  });

  it("is not known by what was read before somebody lost what he could do", async () => {
    const known = new Known(new ManualClock());
    const read = Promise.withResolvers<Actor>();
    const asked = look(known, "x", () => read.promise);
    known.forget();
    read.resolve(actor);
    await asked;
    await assert.rejects(look(known, "x", silent), unavailable);
  });

  it("is not once that is heard while the store is waited for", async () => {
    const clock = new ManualClock();
    const known = new Known(clock);
    await look(known, "x", async () => actor);
    const read = Promise.withResolvers<Actor | undefined>();
    const late = look(known, "x", () => read.promise);
    known.forget();
    clock.advance(1_000);
    read.resolve(undefined);
    assert.equal(await late, undefined);
    await look(known, "x", async () => actor);
    const lost = Promise.withResolvers<never>();
    const refused = look(known, "x", () => lost.promise);
    known.forget();
    lost.reject(new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" }));
    await assert.rejects(refused, unavailable);
  });

  it("is not enough for what needs the store's word", async () => {
    const clock = new ManualClock();
    const known = new Known(clock);
    await look(known, "x", async () => actor);
    await assert.rejects(known.identify("x", silent, false), unavailable);
    const read = Promise.withResolvers<Actor | undefined>();
    const late = known.identify("x", () => read.promise, false);
    clock.advance(10_000);
    read.resolve(undefined);
    assert.equal(await late, undefined);
  });
});
