import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { PlacementSettings } from "#contract/schema/placement";
import { silentLog } from "#base/log";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import type { PlannedMove } from "../../host/placement/moves.ts";
import { returnKey, returnPrefix, type ReturnWish } from "../drain/record.ts";
import { isWithin, requireHours } from "./hours.ts";
import { KeepBalance, lookEvery } from "./keep-balance.ts";
import { plannedRebalance, rebalanceKey } from "./record.ts";

const settings: PlacementSettings = {
  policy: "balance",
  tolerance: 0.1,
  mostMoves: 20,
  reserve: 0,
  rebalance: "apply",
  rebalancePause: 60,
};
const move = (guest: string): PlannedMove => ({
  guest,
  name: `name of ${guest}`,
  from: "h1",
  to: "h2",
  how: "live",
  why: "it is too full",
});

let clock: ManualClock;
let store: MemoryStore;
let said: Partial<PlacementSettings>;
let eldest: string;
let where: Map<string, string>;
let keeper: KeepBalance;

beforeEach(() => {
  clock = new ManualClock(new Date(2026, 0, 1, 23).getTime());
  store = new MemoryStore({ clock });
  said = {};
  eldest = "h1";
  where = new Map([
    ["g1", "h1"],
    ["g2", "h1"],
  ]);
  keeper = new KeepBalance({
    store,
    host: "h1",
    hosts: () => [eldest, "h9"],
    settings: async () => ({ ...settings, ...said }),
    plan: async () => ({ moves: ["g1", "g2"].map(move), before: 0.4, after: 0.1 }),
    hostsOf: (guest) => [where.get(guest)!],
    clock,
    log: silentLog,
  });
});

const states = async () => (await plannedRebalance(store))?.moves.map(({ state }) => state);
const wished = async () =>
  (await store.list(returnPrefix)).items.map(({ key }) => key.slice(returnPrefix.length));
const turns = () => new Promise((resolve) => setImmediate(resolve));

/** Resolves once it is so, by what others do meanwhile and no time that goes by. */
async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so())) await turns();
}

/** What whoever has a guest does with a wish. */
async function fulfil(guest: string, goes: boolean): Promise<void> {
  await until(async () => (await wished()).includes(guest));
  const { to } = (await store.get(returnKey(guest)))!.value as ReturnWish;
  if (goes) where.set(guest, to);
  await store.transact({ delete: [returnKey(guest)] });
}

describe("a rebalance by policy", () => {
  it("makes one move after another, with a pause between, and keeps what came of each", async () => {
    const looked = keeper.look();
    await fulfil("g1", true);
    await until(async () => (await states())![0] === "moved");
    assert.deepEqual(await states(), ["moved", "waits"]);
    for (let at = 0; at < 10; at++) await turns();
    assert.deepEqual(await wished(), [], "the pause is not over");
    clock.advance(60_000);
    await fulfil("g2", false);
    await looked;
    assert.deepEqual(await states(), ["moved", "stays"]);
    assert.equal((await plannedRebalance(store))!.by, "h1");
  });

  it("makes a plan and no move where that is the policy, or it is not the hour", async () => {
    for (const policy of [{ rebalance: "plan" }, { rebalanceHours: "1-5" }] as const) {
      said = policy;
      await keeper.look();
      assert.deepEqual(await states(), ["waits", "waits"]);
      assert.deepEqual(await wished(), []);
    }
  });

  it("is nothing where the policy is off, and another host's where that is the eldest", async () => {
    said = { rebalance: "off" };
    await keeper.look();
    said = {};
    eldest = "h0";
    await keeper.look();
    assert.equal(await plannedRebalance(store), undefined);
  });

  it("stops before the next move where the policy was changed, or another plan was made", async () => {
    for (const interrupt of [
      async () => void (said = { rebalance: "plan" }),
      async () => {
        const other = { at: 1, by: "h2", moves: [], before: 0, after: 0 };
        await store.transact({ put: [{ key: rebalanceKey, value: other }] });
      },
    ]) {
      said = {};
      const looked = keeper.look();
      await fulfil("g1", true);
      await until(async () => (await states())![0] === "moved");
      await interrupt();
      clock.advance(60_000);
      await looked;
      assert.deepEqual(await wished(), []);
    }
  });

  it("looks every ten minutes until it is closed", async () => {
    said = { rebalance: "plan" };
    keeper.open();
    await turns();
    clock.advance(lookEvery);
    await until(async () => (await plannedRebalance(store)) !== undefined);
    keeper.close();
  });

  it("has hours that may go over midnight", () => {
    const at = (hour: number) => new Date(2026, 0, 1, hour).getTime();
    assert.deepEqual(
      [21, 22, 23, 0, 5, 6].map((hour) => isWithin("22-6", at(hour))),
      [false, true, true, true, true, false],
    );
    assert.deepEqual(
      [0, 1, 4, 5].map((hour) => isWithin("1-5", at(hour))),
      [false, true, true, false],
    );
    assert.equal(isWithin(undefined, at(3)), true);
    for (const bad of ["5-5", "25-3", "x"]) assert.throws(() => requireHours(bad), { code: "api.invalid" });
  });
});
