import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiB, offerOf, residentOf } from "../../../../test/fakes/placement-hosts.ts";
import { checkReserve } from "./reserve.ts";

const small = { limit: { memory: 8 * GiB, cpus: 16, disk: 1000 * GiB }, available: 8 * GiB };
const hosts = (...names: readonly string[]) => names.map((name) => offerOf(name, small));

const guest = (name: string, host: string, memory: number, highlyAvailable = true) =>
  residentOf(name, host, { needs: { memory: memory * GiB, cpus: 1, disk: GiB }, highlyAvailable });

const check = (names: readonly string[], guests: readonly ReturnType<typeof guest>[], failing = 1) =>
  checkReserve(hosts(...names), guests, failing, { now: 0, policy: "balance" });

describe("the reserve", () => {
  it("holds where whichever host may fail, and says what would not come back", () => {
    const some = [guest("x", "a", 4), guest("y", "b", 4), guest("z", "c", 4)];
    assert.deepEqual(check(["a", "b", "c"], some), { holds: true, shortfalls: [], tried: 3, all: 3 });
    const more = [...some, guest("w", "a", 4), guest("v", "b", 3)];
    const { holds, shortfalls } = check(["a", "b", "c"], more);
    assert.equal(holds, false);
    assert.deepEqual(
      shortfalls.map(({ hosts: failed, guests }) => [failed, guests.map(({ name }) => name)]),
      [
        [["id-a"], ["x"]],
        [["id-b"], ["v"]],
        [["id-c"], ["z"]],
      ],
    );
    assert.match(shortfalls[0]!.guests[0]!.reason, /left to promise/);
  });

  it("counts what others take, and asks for no place for those that are not to come back", () => {
    assert.equal(check(["a", "b"], [guest("x", "a", 8), guest("y", "b", 8, false)]).holds, false);
    assert.equal(check(["a", "b"], [guest("x", "a", 8, false), guest("y", "b", 8, false)]).holds, true);
  });

  it("is tried with each pair, where two may fail", () => {
    const some = ["a", "b", "c", "d"].map((host) => guest(`x${host}`, host, 4));
    assert.deepEqual(check(["a", "b", "c", "d"], some, 2), { holds: true, shortfalls: [], tried: 6, all: 6 });
    assert.equal(check(["a", "b", "c", "d"], some, 3).holds, false);
    assert.equal(check(["a"], [guest("x", "a", 1)]).holds, false);
    assert.equal(check(["a"], [guest("x", "a", 1)], 0).holds, true);
  });

  it("says how many of many combinations it tried", () => {
    const names = Array.from({ length: 100 }, (_, n) => `h${n}`);
    const { holds, tried, all } = check(names, [guest("x", "h7", 4)], 3);
    assert.ok(holds && tried <= 2000 && all === 161_700, `${tried} of ${all}`);
  });
});
