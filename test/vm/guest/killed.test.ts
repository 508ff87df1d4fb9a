/** Is every guest whole or gone, and nothing left, when the daemon is killed in the middle of its work? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertConsistent } from "./consistent.ts";
import { TestLodge, tinyMemory } from "../daemon.ts";

/** Each is begun and never waited for. */
const works: Readonly<Record<string, (lodge: TestLodge) => Promise<unknown>>> = {
  "create by fork": ({ client }) =>
    client.call("guestCreate", { body: { image: "tiny", memory: tinyMemory, name: "new" } }),
  "create by boot": ({ client }) =>
    client.call("guestCreate", { body: { image: "tiny", memory: tinyMemory, name: "new", cold: true } }),
  suspend: ({ client }) => client.call("guestSuspend", { params: { guest: "old" } }),
  "start again": async (lodge) => {
    const { client } = lodge;
    await lodge.done(client.call("guestSuspend", { params: { guest: "old" } }));
    await client.call("guestStart", { params: { guest: "old" } });
  },
  branch: ({ client }) => client.call("guestFork", { params: { guest: "old" }, body: { count: 2 } }),
  remove: ({ client }) => client.call("guestDelete", { params: { guest: "old" }, query: { force: true } }),
  "park a template": ({ client }) =>
    client.call("templateBuild", { body: { image: "tiny", memory: tinyMemory + 16 * 1048576 } }),
};

/** Milliseconds after the work was begun: spread over what it takes. */
const moments: Readonly<Record<string, readonly number[]>> = {
  "create by fork": [5, 60, 150, 300, 500],
  "create by boot": [40, 300],
  suspend: [30, 150, 400],
  "start again": [30, 200, 400],
  branch: [30, 200, 500, 900],
  remove: [10, 60, 200],
  "park a template": [100, 1000],
};

describe("a daemon that is killed", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  for (const [work, begin] of Object.entries(works)) {
    for (const moment of moments[work]!) {
      it(`${moment} ms into '${work}' leaves every guest whole or gone`, async () => {
        const guests = await lodge.client.call("guestList");
        if (!guests.some(({ name, state }) => name === "old" && state === "running")) {
          for (const { id } of guests) await lodge.remove(id);
          await lodge.run({ name: "old" });
        }
        const begun = begin(lodge);
        begun.catch(() => undefined);
        if (work === "start again") await begun;
        await delay(moment);
        await lodge.restart();
        try {
          await assertConsistent(lodge);
        } finally {
          await lodge.end();
          await lodge.start();
        }
        const running = await lodge.client.call("operationList", { query: { status: "running" } });
        assert.deepEqual(running, [], "an operation is still under way");
        for (const { id, name } of await lodge.client.call("guestList"))
          if (name !== "old") await lodge.remove(id);
      });
    }
  }
});
