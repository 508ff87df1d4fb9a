import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GiB, offerOf, residentOf } from "../../../../test/fakes/placement-hosts.ts";
import { Board } from "./board.ts";
import { refusals } from "./filters.ts";
import type { Blockers } from "./moves.ts";
import { planRebalance, type RebalancePolicy } from "./rebalance.ts";
import { loadOf } from "./standing.ts";
import type { Resident } from "./wish.ts";

const even: RebalancePolicy = { policy: "balance", tolerance: 0.1, mostMoves: 10 };
const small = { limit: { memory: 16 * GiB, cpus: 64, disk: 1000 * GiB }, available: 16 * GiB };
const nobody: Blockers = new Map();

const sized = (name: string, host: string, memory: number, more: Partial<Resident> = {}) =>
  residentOf(name, host, { needs: { memory: memory * GiB, cpus: 0, disk: GiB }, ...more });

const plan = (guests: readonly Resident[], policy = even, blockers = nobody, hosts = ["a", "b", "c"]) =>
  planRebalance(
    hosts.map((name) => offerOf(name, small)),
    guests,
    policy,
    blockers,
    0,
  );

describe("the plan of a rebalance", () => {
  it("takes from the fullest until it is near the mean, and says what it does", () => {
    const { moves, before, after } = plan(Array.from({ length: 6 }, (_, n) => sized(`x${n}`, "a", 2)));
    assert.deepEqual(
      moves.map(({ name, to, why }) => [name, to, why]),
      [
        ["x0", "id-b", "a goes from 56 % to 47 %, b from 0 % to 9 %"],
        ["x1", "id-c", "a goes from 47 % to 38 %, c from 0 % to 9 %"],
        ["x2", "id-b", "a goes from 38 % to 28 %, b from 9 % to 19 %"],
      ],
    );
    assert.ok(after < before / 2, `${before} → ${after}`);
  });

  it("leaves alone what is near enough, what is held, and what has to have company", () => {
    assert.deepEqual(plan([sized("x", "a", 2)]).moves, []);
    const all = Array.from({ length: 6 }, (_, n) => sized(`x${n}`, "a", 2));
    const held: Blockers = new Map(all.slice(0, 5).map(({ id }) => [id, { reason: "so", fix: "so" }]));
    assert.deepEqual(
      plan(all, even, held).moves.map(({ name }) => name),
      ["x5"],
    );
    const needy = { placement: { affinity: [{ guest: "x0", required: true }] } };
    const circle = [all[0]!, ...all.slice(1).map((one) => ({ ...one, ...needy }))];
    assert.deepEqual(plan(circle).moves, []);
  });

  it("moves at most so many", () => {
    const all = Array.from({ length: 14 }, (_, n) => sized(`x${n}`, "a", 1));
    assert.equal(plan(all, { ...even, mostMoves: 2 }).moves.length, 2);
  });

  it("first mends what is where it may not be", () => {
    const apart = {
      placement: { antiAffinity: [{ label: "app=db", required: true }] },
      labels: { app: "db" },
    };
    const { moves } = plan([sized("db1", "a", 1, apart), sized("db2", "a", 1, apart)]);
    assert.deepEqual(
      moves.map(({ name, to, why }) => [name, to, why]),
      [["db1", "id-b", "a has guests with app=db, from which it has to be apart"]],
    );
  });

  it("to pack empties whole hosts, or none", () => {
    const policy: RebalancePolicy = { ...even, policy: "pack" };
    const some = [sized("x", "a", 8), sized("y", "b", 4), sized("z", "b", 3), sized("w", "c", 2)];
    const { moves } = plan(some, policy);
    assert.deepEqual(
      moves.map(({ name, from, to }) => [name, from, to]),
      [["w", "id-c", "id-a"]],
    );
    const tight = [sized("x", "a", 14), sized("y", "b", 9), sized("z", "c", 6), sized("w", "c", 3)];
    assert.deepEqual(plan(tight, policy).moves, []);
  });

  it("never makes anything worse, and stays within its bounds", () => {
    const guests = fc.array(
      fc.record({
        at: fc.constantFrom("a", "a", "a", "b", "c", "d"),
        memory: fc.integer({ min: 0, max: 5 }),
        app: fc.constantFrom("x", "y", "z"),
        apart: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      }),
      { maxLength: 30 },
    );
    const policies = fc.record({
      policy: fc.constantFrom("balance" as const, "pack" as const),
      tolerance: fc.constantFrom(0, 0.1, 0.3),
      mostMoves: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(guests, policies, (all, policy) => {
        const hosts = ["a", "b", "c", "d"];
        const residents = all.map(({ at, memory, app, apart }, n) =>
          sized(`x${n}`, at, memory, {
            labels: { app },
            placement: apart ? { antiAffinity: [{ label: `app=${app}`, required: true }] } : {},
          }),
        );
        const { moves, before, after } = plan(residents, policy, nobody, hosts);
        assert.ok(moves.length <= policy.mostMoves);
        assert.equal(new Set(moves.map(({ guest }) => guest)).size, moves.length);
        const board = Board.of(
          hosts.map((name) => offerOf(name, small)),
          residents,
        );
        const used = () => [...board.standings()].filter(({ taken }) => taken.memory > 0).length;
        const asking = { now: 0, policy: policy.policy };
        const [usedBefore, mended] = [used(), moves.some(({ why }) => why.includes("apart"))];
        for (const { guest, to, from } of moves) {
          const resident = board.guest(guest)!;
          assert.equal(resident.host, from);
          board.go(guest);
          assert.deepEqual(refusals(board.standing(to)!, resident, asking), []);
          board.come({ ...resident, host: to });
        }
        if (mended) return;
        if (policy.policy === "balance") assert.ok(after <= before + 1e-9);
        else assert.ok(used() <= usedBefore);
        for (const standing of board.standings()) if (moves.length > 0) assert.ok(loadOf(standing) <= 1.25);
      }),
      { numRuns: 300 },
    );
  });
});
