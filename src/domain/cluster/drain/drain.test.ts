import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { operationConformance } from "#durable/operation/conformance";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import type { Store } from "#durable/store/store";
import type { NewEvent } from "../../host/events.ts";
import type { DrainMove, DrainPlan } from "../../host/placement/drain.ts";
import { memberKey, type MemberRecord } from "../../member/record.ts";
import { defineDrain, type DrainParts, type DrainResult } from "./drain.ts";
import { drainOf, returnPrefix } from "./record.ts";
import { defineResume } from "./resume.ts";
import { Returns } from "./returns.ts";

const guests = ["g1", "g2", "g3", "g4", "g5"];
const whereKey = (guest: string) => `test-where/${guest}`;

/** Guests that are somewhere, each by one key, and what moves them. */
class World {
  readonly store: Store;
  under = 0;
  most = 0;
  /** Of each plan that was made: were the targets asked? */
  readonly asked: boolean[] = [];
  readonly broken = new Set<string>();
  stuck: DrainPlan["stuck"] = [];

  constructor(store: Store) {
    this.store = store;
  }

  async fill(): Promise<this> {
    const member = { id: "h1", name: "one", state: "active" };
    const puts = guests.map((guest) => ({ key: whereKey(guest), value: "h1" }));
    await this.store.transact({ put: [{ key: memberKey("h1"), value: member }, ...puts] });
    return this;
  }

  async where(guest: string): Promise<string> {
    return String((await this.store.get(whereKey(guest)))!.value);
  }

  async all(): Promise<Record<string, string>> {
    return Object.fromEntries(
      await Promise.all(guests.map(async (guest) => [guest, await this.where(guest)])),
    );
  }

  async state(): Promise<string> {
    return ((await this.store.get(memberKey("h1")))!.value as MemberRecord).state;
  }

  move = async (guest: string, to: string): Promise<void> => {
    this.most = Math.max(this.most, ++this.under);
    await new Promise((resolve) => setImmediate(resolve));
    this.under--;
    if (this.broken.has(guest)) throw new LodgeError("guest.not_found", { guest });
    await this.store.transact({ put: [{ key: whereKey(guest), value: to }] });
  };

  parts(): DrainParts {
    return {
      store: this.store,
      host: "h1",
      now: () => 1,
      move: this.move,
      limits: () => ({ parallel: 3, perTarget: 2 }),
      plan: async ({ asked }) => {
        this.asked.push(asked);
        const here = [];
        for (const guest of guests) if ((await this.where(guest)) === "h1") here.push(guest);
        const moves = here
          .filter((guest) => !this.stuck.some((one) => one.guest === guest))
          .map((guest, at): DrainMove => ({
            guest,
            name: guest,
            from: "h1",
            to: at % 2 ? "h2" : "h3",
            how: "live",
            why: "",
            round: at,
          }));
        return { moves, stuck: this.stuck };
      },
    };
  }

  async run(input: { partly: boolean }) {
    const definition = defineDrain(this.parts());
    const registry = new OperationRegistry().add(definition as never);
    const engine = new OperationEngine({ store: this.store, registry, clock: systemClock, log: silentLog });
    await engine.recover();
    const { completion } = await engine.start(definition, input, { targets: ["host"] });
    return completion;
  }
}

operationConformance("a drain", async (store) => {
  const world = await new World(store).fill();
  return {
    define: () => defineDrain(world.parts()) as never,
    input: { partly: false },
    targets: ["host"],
    // Whoever went stays where it went.
    observe: () => world.state(),
    async assertDone() {
      assert.equal(await world.state(), "draining");
      assert.ok(!Object.values(await world.all()).includes("h1"));
    },
  };
});

describe("a drain", () => {
  it("moves some at a time, and remembers who went", async () => {
    const world = await new World(new MemoryStore()).fill();
    assert.equal((await world.run({ partly: false })).status, "succeeded");
    assert.equal(world.most, 3);
    const moved = (await drainOf(world.store, "h1"))!.moved.map(({ guest }) => guest);
    assert.deepEqual(moved.toSorted(), guests);
    assert.deepEqual(world.asked, [true, false, false], "the moves ask anew");
  });

  it("moves nothing where one cannot go, unless that is asked for", async () => {
    const world = await new World(new MemoryStore()).fill();
    world.stuck = [{ guest: "g2", name: "g2", reason: "it is tied", fix: "Untie it." }];
    const refused = await world.run({ partly: false });
    assert.equal(refused.status, "failed");
    assert.equal(refused.error!.code, "drain.stuck");
    assert.match(refused.error!.detail!, /g2: it is tied/);
    assert.equal(await world.state(), "active");
    const partly = await world.run({ partly: true });
    assert.equal(partly.status, "succeeded");
    assert.deepEqual((partly.result as DrainResult).stuck, world.stuck);
    assert.equal(await world.where("g2"), "h1");
    assert.notEqual(await world.where("g1"), "h1");
  });

  it("says of one that failed on its way why, once it has been tried again", async () => {
    const world = await new World(new MemoryStore()).fill();
    world.broken.add("g3");
    const { status, result } = await world.run({ partly: false });
    assert.equal(status, "succeeded");
    assert.deepEqual(
      (result as DrainResult).stuck.map(({ guest, fix }) => ({ guest, fix })),
      [{ guest: "g3", fix: "'lodge ls' shows the guests." }],
    );
    assert.deepEqual(world.asked, [true, false, true, true], "why may be something else by then");
  });
});

describe("a host that is resumed", () => {
  it("gets back who went elsewhere by its drain, but for those that cannot", async () => {
    const world = await new World(new MemoryStore()).fill();
    await world.run({ partly: false });
    const places = await world.all();
    world.broken.add("g4");
    const events: NewEvent[] = [];
    const hosts = ["h2", "h3"].map(
      (host) =>
        new Returns({
          store: world.store,
          host,
          isHere: (guest) => places[guest] === host,
          move: world.move,
          atOnce: 2,
          events: { append: (event) => events.push(event) },
          clock: systemClock,
          log: silentLog,
        }),
    );
    for (const host of hosts) host.open();
    const definition = defineResume({ store: world.store, host: "h1", isElsewhere: () => true });
    const registry = new OperationRegistry().add(definition as never);
    const engine = new OperationEngine({ store: world.store, registry, clock: systemClock, log: silentLog });
    await engine.recover();
    const { completion } = await engine.start(definition, { stay: false }, { targets: ["host"] });
    assert.equal((await completion).status, "succeeded");
    for (const host of hosts) host.close();
    assert.equal(await world.state(), "active");
    const back = await world.all();
    assert.deepEqual(
      guests.filter((guest) => back[guest] === "h1"),
      ["g1", "g2", "g3", "g5"],
    );
    assert.match(events.map(({ message }) => message).join(), /g4 stays/);
    assert.equal(await drainOf(world.store, "h1"), undefined);
    assert.deepEqual((await world.store.list(returnPrefix)).items, []);
  });
});
