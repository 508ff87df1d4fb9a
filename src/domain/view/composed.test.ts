import assert from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import type { Turn } from "./collection.ts";
import { Composed } from "./composed.ts";

it("objects are told of when what counts of them is another, and then as they are", async () => {
  const objects = new Map([["dt1", { state: "ready", roundTrip: 20 }]]);
  const composed = new Composed({
    read: async () => new Map(objects),
    owner: () => ({ project: "default" }),
    told: ({ state }: { readonly state: string }) => state,
    clock: systemClock,
    log: silentLog,
  });
  const turns: Turn[] = [];
  const ends = [await composed.listen((turn) => turns.push(turn))];
  const become = async (object: { readonly state: string; readonly roundTrip: number }) => {
    turns.length = 0;
    objects.set("dt1", object);
    composed.stirred();
    // Resolves with the reading that is under way.
    ends.push(await composed.listen(() => undefined));
    return turns.map(({ op, id }) => `${op} ${id}`);
  };
  assert.deepEqual(await become({ state: "ready", roundTrip: 30 }), []);
  assert.deepEqual(await become({ state: "lost", roundTrip: 40 }), ["changed dt1"]);
  assert.deepEqual(JSON.parse(composed.json("dt1")!), { state: "lost", roundTrip: 40 });
  for (const end of ends) end();
});
