import assert from "node:assert/strict";
import { isAlive } from "#base/process";
import type { AnyOperation } from "#durable/operation/define";
import { operationConformance } from "#durable/operation/conformance";
import { TemplateWorld } from "../../../test/fakes/template-world.ts";
import { defineTemplateRemove, type RemoveResult } from "./remove.ts";

const id = "t0123456789";

for (const used of [false, true]) {
  operationConformance(`removing a template that is ${used ? "used" : "idle"}`, async (store) => {
    const world = await TemplateWorld.make(store);
    const { holder } = await world.park(id);
    if (used) await world.fork(id, "g1");
    if (used) await world.become("g1", { state: "stopped" });
    return {
      define: () => defineTemplateRemove({ store, stock: world.stock() }) as unknown as AnyOperation,
      input: { template: id },
      targets: [`template:${id}`],
      observe: async () => [await world.template(id), await world.files(), isAlive(holder!)],
      async assertDone({ result }) {
        assert.equal((result as RemoveResult).gone, !used);
        assert.equal((await world.template(id))?.state, used ? "stale" : undefined);
        assert.deepEqual(await world.files(), used ? ["lg1.qcow2", `l${id}.qcow2`] : []);
        assert.equal(isAlive(holder!), false);
      },
      dispose: () => world.dispose(),
    };
  });
}
