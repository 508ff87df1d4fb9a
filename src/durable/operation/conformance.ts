/**
 * What every operation must stand, as tests: each of its steps fails, crashes and is cancelled at each
 * moment, each undo runs twice and is itself interrupted. Afterwards the world is as it was before, or,
 * past the commit point, as it ought to be after.
 *
 * Each case is tried in a world of its own. Moments that a run never comes to (no step saves, say) are
 * found out by running once and are not tried.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { type ErrorCode, hasCode } from "#contract/errors";
import { hasEnded, type Operation, type OperationStatus } from "#contract/operation";
import { MemoryStore } from "../store/memory.ts";
import type { Store } from "../store/store.ts";
import type { AnyOperation } from "./define.ts";
import { OperationRegistry } from "./define.ts";
import { OperationEngine } from "./engine.ts";
import { type InjectionPoint, type Injector, SingleInjection } from "./inject.ts";
import { operationPrefix, type OperationRecord } from "./record.ts";

/** A world in which the operation can run once. */
export interface OperationWorld {
  /** The definition with fresh services, as after a start of the daemon. */
  define(): AnyOperation;
  readonly input: unknown;
  readonly targets: readonly string[];
  /** What the operation's host has of the store. Default: all of it. */
  readonly own?: Store;
  /** Everything the operation may change, in a form that can be compared. */
  observe(): Promise<unknown>;
  /** Fails unless the operation has done all it ought to. */
  assertDone(operation: Operation): Promise<void>;
  dispose?(): Promise<void>;
}

export type MakeWorld = (store: Store) => Promise<OperationWorld>;

export function operationConformance(name: string, makeWorld: MakeWorld): void {
  let known: Promise<readonly InjectionPoint[]> | undefined;
  const points = () => (known ??= pointsOf(makeWorld));
  describe(`${name} stands failures`, () => {
    test("it succeeds, and leaves no secrets of its input behind", () =>
      withBench(makeWorld, async (bench) => {
        const operation = await bench.run();
        assertEnd(operation, "succeeded");
        await bench.assertDone(operation);
      }));
    everyPoint("every step fails", makeWorld, points, failAt);
    everyPoint("the daemon is killed in every step", makeWorld, points, crashAt);
    everyPoint("every step is cancelled", makeWorld, points, cancelAt);
    test("the daemon is killed in every undo", async () => crashInUndo(makeWorld, await points()));
  });
}

/** One test that tries a case at each point which a run comes to, and says which of them failed. */
function everyPoint(
  what: string,
  makeWorld: MakeWorld,
  points: () => Promise<readonly InjectionPoint[]>,
  tryAt: (bench: Bench, point: InjectionPoint) => Promise<void>,
): void {
  test(what, async (t) => {
    for (const point of await points()) {
      await t.test(`${point.step}, ${point.moment}`, () =>
        withBench(makeWorld, (bench) => tryAt(bench, point)),
      );
    }
  });
}

async function failAt(bench: Bench, point: InjectionPoint): Promise<void> {
  const injection = new SingleInjection(point.step, point.moment, () => "fail");
  const operation = await bench.run(injection);
  if (bench.committedAt(injection)) {
    assertEnd(operation, "succeeded");
    return bench.assertDone(operation);
  }
  assertEnd(operation, "failed", "operation.injected");
  await bench.assertUndone();
}

async function crashAt(bench: Bench, point: InjectionPoint): Promise<void> {
  const injection = new SingleInjection(point.step, point.moment, () => "crash");
  await bench.runUntilCrash(injection);
  const operation = await bench.recover();
  if (bench.committedAt(injection) || bench.definition.resume === "forward") {
    assertEnd(operation, "succeeded");
    return bench.assertDone(operation);
  }
  assertEnd(operation, "failed", "operation.interrupted");
  await bench.assertUndone();
}

async function cancelAt(bench: Bench, point: InjectionPoint): Promise<void> {
  let refused = false;
  const cancel = ({ operationId }: InjectionPoint) => {
    bench.engine
      .cancel(operationId)
      .catch((error: unknown) => (refused = hasCode(error, "operation.not_cancellable")));
    return undefined;
  };
  const operation = await bench.run(new SingleInjection(point.step, point.moment, cancel));
  if (operation.status === "succeeded") {
    assert.ok(refused, "a cancel was accepted, but the operation succeeded");
    return bench.assertDone(operation);
  }
  assertEnd(operation, "cancelled", "operation.cancelled");
  assert.ok(!refused, "a cancel was refused, but the operation was cancelled");
  await bench.assertUndone();
}

function assertEnd(operation: Operation, status: OperationStatus, code?: ErrorCode): void {
  const { error } = operation;
  const why = `${operation.status}: ${error?.message} ${error?.detail ?? ""}`;
  assert.equal(operation.status, status, why);
  assert.equal(error?.code, code, why);
}

/** Fails as late as it can be undone; then each undo crashes, one after another, each in a new engine. */
async function crashInUndo(makeWorld: MakeWorld, points: readonly InjectionPoint[]): Promise<void> {
  const last = points.findLast((point) => !point.committed);
  assert.ok(last);
  await withBench(makeWorld, async (bench) => {
    const failing = new SingleInjection(last.step, last.moment, () => "fail");
    const crashed = new Set<string>();
    const injector: Injector = {
      undoTwice: true,
      at: (point) => {
        const place = `${point.step} ${point.moment}`;
        if (!point.moment.endsWith("undo") || crashed.has(place)) return failing.at(point);
        crashed.add(place);
        return "crash";
      },
    };
    await bench.runUntilCrash(injector);
    let operation = await bench.recover(injector);
    while (!hasEnded(operation)) operation = await bench.recover(injector);
    assert.ok(crashed.size >= 2);
    assertEnd(operation, "failed", "operation.injected");
    await bench.assertUndone();
  });
}

/** All points that one undisturbed run comes to, in order. */
async function pointsOf(makeWorld: MakeWorld): Promise<InjectionPoint[]> {
  const points: InjectionPoint[] = [];
  const at = (point: InjectionPoint) => void points.push(point);
  await withBench(makeWorld, (bench) => bench.run({ undoTwice: false, at }));
  const names = points.map((point) => `${point.step} ${point.moment}`);
  return points.filter((_, i) => names.indexOf(names[i]!) === i);
}

async function withBench(makeWorld: MakeWorld, body: (bench: Bench) => Promise<unknown>): Promise<void> {
  const store = new MemoryStore();
  const world = await makeWorld(store);
  try {
    await body(new Bench(world.own ?? store, world, await world.observe()));
  } finally {
    await world.dispose?.();
    await store.close();
  }
}

/** One world with its store and, one after another, the engines that work on it. */
class Bench {
  readonly #store: Store;
  readonly #world: OperationWorld;
  readonly #before: unknown;
  definition: AnyOperation;
  engine: OperationEngine;

  constructor(store: Store, world: OperationWorld, before: unknown) {
    this.#store = store;
    this.#world = world;
    this.#before = before;
    this.definition = world.define();
    this.engine = this.#newEngine();
  }

  run(injector?: Injector): Promise<Operation> {
    return this.#start(injector);
  }

  async runUntilCrash(injector: Injector): Promise<void> {
    await Promise.race([this.#start(injector), this.engine.halted]);
    assert.equal((await this.#record()).endedAt, undefined, "it ended before it could crash");
  }

  /** A new engine over the same store; answers with the operation when it has ended or crashed again. */
  async recover(injector?: Injector): Promise<Operation> {
    this.definition = this.#world.define();
    this.engine = this.#newEngine(injector ?? { undoTwice: true, at: () => undefined });
    const recovered = await this.engine.recover();
    assert.equal(recovered.length, 1);
    await Promise.race([recovered[0]!.completion, this.engine.halted]);
    return this.#record();
  }

  /** Had the operation passed its point of no return where the injection happened? */
  committedAt(injection: SingleInjection): boolean {
    assert.ok(injection.happened, "the moment did not come");
    return injection.happened.committed;
  }

  async assertDone(operation: Operation): Promise<void> {
    await this.#world.assertDone(operation);
    await this.#assertEnded();
  }

  async assertUndone(): Promise<void> {
    assert.deepEqual(await this.#world.observe(), this.#before);
    await this.#assertEnded();
  }

  async #start(injector?: Injector): Promise<Operation> {
    this.engine = this.#newEngine(injector);
    await this.engine.recover();
    const { completion } = await this.engine.start(this.definition, this.#world.input, {
      targets: this.#world.targets,
    });
    return completion;
  }

  async #assertEnded(): Promise<void> {
    const record = await this.#record();
    assert.ok(hasEnded(record) && !record.stuck);
    assert.equal(record.input, null);
    assert.deepEqual(record.state, {});
    for (const target of record.targets) assert.equal(this.engine.holderOf(target), undefined);
  }

  async #record(): Promise<OperationRecord> {
    const { items } = await this.#store.list(operationPrefix);
    assert.equal(items.length, 1);
    return items[0]!.value as OperationRecord;
  }

  #newEngine(injector?: Injector): OperationEngine {
    return new OperationEngine({
      store: this.#store,
      registry: new OperationRegistry().add(this.definition),
      clock: systemClock,
      log: silentLog,
      pauses: [0, 0],
      ...(injector ? { injector } : {}),
    });
  }
}
