import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { isAlive, processRef } from "#base/process";
import { MemoryStore } from "#durable/store/memory";
import { createRam, releaseRam } from "#hypervisor/memory/held-ram";
import { TemplateWorld } from "../../../test/fakes/template-world.ts";
import { Templates, type TemplatesParts } from "./templates.ts";

describe("templates after a start of the daemon", () => {
  let world: TemplateWorld;
  let templates: Templates;
  beforeEach(async () => {
    world = await TemplateWorld.make(new MemoryStore());
    const { store, places } = world;
    templates = new Templates({ store, places } as unknown as TemplatesParts);
  });
  afterEach(() => world.dispose());

  const state = async (id: string) => {
    const { state: now, holder } = (await world.template(id))!;
    return [now, holder !== undefined];
  };

  it("are parked where their memory is there, and evicted where it is not", async () => {
    await world.park("ta");
    const gone = await world.park("tb");
    await releaseRam(gone.holder!);
    await world.park("tc", 1, { state: "building" });
    await templates.open();
    assert.deepEqual(await state("ta"), ["parked", true]);
    assert.deepEqual(await state("tb"), ["evicted", false]);
    assert.deepEqual(await state("tc"), ["building", true]);
  });

  it("forget a holder whose place another process has by now, which is left alone", async () => {
    const stranger = processRef(process.pid)!;
    for (const [id, over] of [
      ["ta", { holder: stranger }],
      ["tb", { holder: stranger, state: "stale" }],
    ] as const) {
      const { holder } = await world.park(id);
      await world.change(id, over);
      await releaseRam(holder!);
    }
    await templates.open();
    assert.deepEqual(await state("ta"), ["evicted", false]);
    assert.deepEqual(await state("tb"), ["stale", false]);
    await world.stock().collect();
    assert.equal(await world.template("tb"), undefined);
  });

  it("end what holds memory that no record knows", async () => {
    const { holder } = await world.park("ta");
    const forgotten = await createRam(1048576, world.places.run);
    await templates.open();
    assert.deepEqual([isAlive(holder!), isAlive(forgotten)], [true, false]);
  });
});
