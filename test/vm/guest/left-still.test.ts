/**
 * Does a guest go on that stood still for an operation when the daemon died? As operations.test.ts: the domain as it is,
 * over a fake QEMU, which is stopped here as the daemon had just stopped it.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { type AnyOperation, OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { type Injector, SingleInjection } from "#durable/operation/inject";
import { MemoryStore } from "#durable/store/memory";
import { defineBranch } from "#domain/guest/branch";
import type { Fleet } from "#domain/guest/fleet";
import { guestById, guestTarget, listGuests, writtenLayers } from "#domain/guest/record";
import { defineTake } from "#domain/guest/snapshot/take";
import { id, World } from "./faked-guest.ts";

interface Work {
  readonly what: string;
  /** The step that has the guest stand still. */
  readonly step: string;
  readonly input: object;
  readonly make: (fleet: Fleet, world: World) => unknown;
}

const roots = (world: World) => async () =>
  (await listGuests(world.store)).flatMap((one) => Object.values(writtenLayers(one)));

const works: readonly Work[] = [
  {
    what: "a snapshot with memory",
    step: "freeze",
    input: { guest: id, name: "taken", description: "", memory: true, freeze: "never" },
    make: (fleet, world) => defineTake({ fleet, layerRoots: roots(world) }),
  },
  {
    what: "a branch",
    step: "branch",
    input: { guest: id, count: 1, name: "child", allowTpm: false },
    make: (fleet, world) =>
      defineBranch({
        fleet,
        layerRoots: roots(world),
        key: world.key,
        clock: systemClock,
        requireMemory: async () => undefined,
      }),
  },
];

function engineOf({ store }: World, definition: AnyOperation, injector?: Injector): OperationEngine {
  return new OperationEngine({
    store,
    registry: new OperationRegistry().add(definition),
    clock: systemClock,
    log: silentLog,
    pauses: [0, 0],
    ...(injector ? { injector } : {}),
  });
}

describe("a guest that stood still when the daemon died", () => {
  for (const { what, step, input, make } of works) {
    for (const state of ["running", "paused"] as const) {
      it(`for ${what} is ${state} again, as it was before`, async () => {
        const store = new MemoryStore();
        const world = await World.make(store, false);
        try {
          await world.furnish(state);
          let fleet: Fleet | undefined;
          const define = () =>
            world.define((one) => {
              fleet = one;
              return make(one, world) as AnyOperation;
            });
          const first = define();
          const engine = engineOf(world, first, new SingleInjection(step, "before do", () => "crash"));
          await engine.recover();
          const { completion } = await engine.start(first, input, { targets: [guestTarget(id)] });
          await Promise.race([completion, engine.halted]);
          await fleet!.require(id).monitor.execute("stop");

          const next = engineOf(world, define());
          const [recovered] = await next.recover();
          assert.equal((await recovered!.completion).status, "failed");
          assert.equal(await fleet!.require(id).status(), state);
          assert.equal((await guestById(store, id)).state, state);
        } finally {
          await world.dispose();
          await store.close();
        }
      });
    }
  }
});
