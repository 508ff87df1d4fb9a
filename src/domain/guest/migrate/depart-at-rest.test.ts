/** A guest at rest moves, and whatever fails meanwhile, at either host: it is at one of them, whole, and at the other there is nothing of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { operationConformance } from "#durable/operation/conformance";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { SingleInjection, type InjectionPoint, type Injector } from "#durable/operation/inject";
import { placeOf } from "#durable/store/partition";
import { MemoryStore } from "#durable/store/memory";
import { MoveWorld } from "../../../../test/fakes/move-world.ts";
import { guestKey, guestTarget, type GuestRecord } from "../record.ts";

type Seen = Awaited<ReturnType<MoveWorld["observe"]>>;

const ownRecords = ({ records }: Seen, host: string): string[] =>
  Object.keys(records).filter((key) => key.includes(`/@${host}/`));

const ownFiles = ({ files }: Seen, host: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, bytes]) =>
      path.startsWith(`${host}/`) ? [[path.slice(host.length + 1), bytes]] : [],
    ),
  );

/** All that was `before` at the source is now at the target, and nowhere else. */
function assertMoved(world: MoveWorld, before: Seen, after: Seen): void {
  assert.deepEqual(ownFiles(after, "h1"), {});
  assert.deepEqual(ownFiles(after, "h2"), ownFiles(before, "h1"));
  const there = ownRecords(before, "h1").map((key) => key.replace("/@h1/", "/@h2/"));
  assert.deepEqual(ownRecords(after, "h1"), []);
  assert.deepEqual(ownRecords(after, "h2").toSorted(), there.toSorted());
  assert.equal(Object.keys(after.records).length, Object.keys(before.records).length);
  const records = after.records as Record<string, unknown>;
  const { host, generation, arriving, name } = records[
    placeOf("h2", guestKey(world.guest.id))
  ] as GuestRecord;
  assert.deepEqual([host, generation, arriving, name], ["two", 2, undefined, world.guest.name]);
}

operationConformance("moving a guest at rest", async (store) => {
  const world = await MoveWorld.make(store);
  const before = await world.observe();
  return {
    own: world.source.store,
    define: () => world.defineDepart() as never,
    input: { guest: world.guest.id, to: "h2" },
    targets: [guestTarget(world.guest.id)],
    async observe() {
      await world.settled();
      return world.observe();
    },
    async assertDone() {
      await world.settled();
      assertMoved(world, before, await world.observe());
    },
    dispose: () => world[Symbol.asyncDispose](),
  };
});

/** Moves it while that happens to the target's part; @returns how the source's ended */
async function moveWhile(world: MoveWorld, injector: Injector): Promise<string> {
  await world.startTarget(injector);
  const definition = world.defineDepart();
  const engine = new OperationEngine({
    store: world.source.store,
    registry: new OperationRegistry().add(definition),
    clock: systemClock,
    log: silentLog,
    pauses: [0, 0],
  });
  await engine.recover();
  const targets = [guestTarget(world.guest.id)];
  const { completion } = await engine.start(definition, { guest: world.guest.id, to: "h2" }, { targets });
  const ended = await Promise.race([completion, world.targetKilled]);
  if (ended === undefined) await world.startTarget();
  const { status } = await completion;
  await world.settled();
  return status;
}

async function tryAt(point: InjectionPoint, what: "fail" | "crash"): Promise<void> {
  await using store = new Closing();
  await using world = await MoveWorld.make(store);
  const before = await world.observe();
  const injection = new SingleInjection(point.step, point.moment, () => what);
  const status = await moveWhile(world, injection);
  assert.ok(injection.happened, "the moment did not come");
  const after = await world.observe();
  if (status === "succeeded") return assertMoved(world, before, after);
  assert.equal(status, "failed");
  assert.deepEqual(after, before);
}

class Closing extends MemoryStore {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

describe("the host to which a guest at rest moves", async () => {
  const points: InjectionPoint[] = [];
  {
    await using store = new Closing();
    await using world = await MoveWorld.make(store);
    await moveWhile(world, { undoTwice: false, at: (point) => void points.push(point) });
  }
  for (const what of ["fail", "crash"] as const)
    for (const point of points)
      test(`${what === "fail" ? "fails" : "is killed"} at ${point.step}, ${point.moment}`, () =>
        tryAt(point, what));
});
