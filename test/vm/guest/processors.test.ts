/** Does a guest get more processors while it runs, keep them, and hand them on? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { TestLodge } from "../daemon.ts";

describe("processors that are added while it runs", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", maxCpus: 2 });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const processors = (guest: string) => lodge.sh(guest, "grep -c ^processor /proc/cpuinfo");
  const set = (cpus: number) => lodge.client.call("guestUpdate", { params: { guest: "g" }, body: { cpus } });

  it("are in use at once", async () => {
    assert.equal(await processors("g"), "1");
    assert.equal((await set(2)).cpus, 2);
    assert.equal(await processors("g"), "2");
    await set(2);
  });

  it("are no more than there is room for, and none is taken away", async () => {
    await assert.rejects(set(3), { code: "guest.wrong_state" });
    await assert.rejects(set(1), { code: "guest.wrong_state" });
    assert.equal((await lodge.guest("g")).cpus, 2);
  });

  it("are a branch's too", async () => {
    const { result } = await lodge.done(
      lodge.client.call("guestFork", { params: { guest: "g" }, body: { name: "b" } }),
    );
    assert.equal((result as { guests: Schemas["Guest"][] }).guests[0]!.cpus, 2);
    assert.equal(await processors("b"), "2");
  });

  it("are there after a suspend, and after a start anew", async () => {
    const params = { guest: "g" };
    await lodge.done(lodge.client.call("guestSuspend", { params }));
    await lodge.done(lodge.client.call("guestStart", { params }));
    assert.equal(await processors("g"), "2");
    await lodge.done(lodge.client.call("guestStop", { params, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params }));
    assert.equal(await processors("g"), "2");
  });
});
