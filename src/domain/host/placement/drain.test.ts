import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GiB, offerOf, residentOf } from "../../../../test/fakes/placement-hosts.ts";
import { Board } from "./board.ts";
import { planDrain, type DrainLimits } from "./drain.ts";
import { refusals } from "./filters.ts";
import type { Blockers } from "./moves.ts";
import type { PlacementAsking } from "./place.ts";
import type { Resident } from "./wish.ts";

const asking: PlacementAsking = { now: 0, policy: "balance" };
const small = { limit: { memory: 8 * GiB, cpus: 16, disk: 1000 * GiB }, available: 8 * GiB };
const nobody: Blockers = new Map();

const sized = (name: string, host: string, memory: number, more: Partial<Resident> = {}) =>
  residentOf(name, host, {
    needs: { memory: memory * GiB, cpus: 1, disk: GiB },
    atOnce: { fork: (memory * GiB) / 4, boot: memory * GiB },
    ...more,
  });

const drain = (
  guests: readonly Resident[],
  {
    hosts = ["a", "b", "c"],
    blockers = nobody,
    limits,
  }: { hosts?: string[]; blockers?: Blockers; limits?: DrainLimits } = {},
) =>
  planDrain(
    "id-a",
    hosts.map((name) => offerOf(name, small)),
    guests,
    blockers,
    asking,
    limits,
  );

describe("the plan of a drain", () => {
  it("finds a place for each, the largest first, and counts what is planned", () => {
    const { moves, stuck } = drain([
      sized("one", "a", 2),
      sized("two", "a", 6),
      sized("three", "a", 6),
      sized("there", "b", 1),
    ]);
    assert.deepEqual(stuck, []);
    assert.deepEqual(
      moves.map(({ name, to, how }) => [name, to, how]),
      [
        ["three", "id-c", "live"],
        ["two", "id-b", "live"],
        ["one", "id-c", "live"],
      ],
    );
  });

  it("says which cannot move, why, and what would let it", () => {
    const blockers: Blockers = new Map([["g-gpu", { reason: "it has a device", fix: "Take it away." }]]);
    const { moves, stuck } = drain(
      [sized("gpu", "a", 1), sized("huge", "a", 7), sized("big", "a", 7), sized("there", "b", 2)],
      { blockers },
    );
    assert.deepEqual(
      moves.map(({ name }) => name),
      ["big"],
    );
    assert.deepEqual(
      stuck.map(({ name, reason, fix }) => [name, reason, fix]),
      [
        ["gpu", "it has a device", "Take it away."],
        [
          "huge",
          "b has 6144 MiB of memory left to promise, and 7168 MiB are needed; 1 more cannot have it either",
          "Move or stop guests there, or let it promise more with 'lodge host set'.",
        ],
      ],
    );
    assert.deepEqual(
      drain([sized("one", "a", 1)], { hosts: ["a"] }).stuck[0]!.reason,
      "there is no other host",
    );
  });

  it("keeps those together that have to be, and takes a fork for what it is elsewhere: all of its memory", () => {
    const near = (guest: string) => ({ placement: { affinity: [{ guest, required: true }] } });
    const { moves, stuck } = drain([
      sized("web", "a", 3, near("db")),
      sized("db", "a", 3, near("web")),
      sized("there", "b", 3, { forkOf: "t" }),
      sized("fork", "a", 7, { forkOf: "t" }),
    ]);
    assert.deepEqual(
      moves.map(({ name, to }) => [name, to]),
      [["fork", "id-c"]],
    );
    assert.deepEqual(
      stuck.map(({ name }) => name),
      ["db", "web"],
    );
    const more = drain([
      sized("web", "a", 3, near("db")),
      sized("db", "a", 3, near("web")),
      sized("there", "b", 4),
    ]);
    assert.deepEqual(
      more.moves.map(({ to }) => to),
      ["id-c", "id-c"],
    );
  });

  it("moves guests that are stopped as well, after the others", () => {
    const { moves } = drain([
      residentOf("off", "a", { needs: { memory: 0, cpus: 0, disk: 100 * GiB } }),
      sized("on", "a", 1),
    ]);
    assert.deepEqual(
      moves.map(({ name, how }) => [name, how]),
      [
        ["on", "live"],
        ["off", "cold"],
      ],
    );
  });

  it("stays within its limits, leaves nobody out, and fits as a whole", () => {
    const guests = fc.array(
      fc.record({
        at: fc.constantFrom("a", "a", "b", "c", "d"),
        memory: fc.integer({ min: 0, max: 4 }),
        app: fc.constantFrom("x", "y", "z"),
        apart: fc.boolean(),
        near: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
        blocked: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
      { maxLength: 25 },
    );
    const limits = fc.record({
      parallel: fc.integer({ min: 1, max: 4 }),
      perTarget: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(guests, limits, (all, limit) => {
        const residents = all.map(({ at, memory, app, apart, near }, n) =>
          sized(`x${n}`, at, memory, {
            labels: { app },
            placement: {
              ...(apart ? { antiAffinity: [{ label: `app=${app}`, required: true }] } : {}),
              ...(near ? { affinity: [{ label: `app=${near}`, required: true }] } : {}),
            },
          }),
        );
        const blockers = new Map(
          residents.filter((_, n) => all[n]!.blocked).map(({ id }) => [id, { reason: "so", fix: "so" }]),
        );
        const hosts = ["a", "b", "c", "d"];
        const { moves, stuck } = drain(residents, { hosts, blockers, limits: limit });
        const own = residents.filter(({ host }) => host === "id-a").map(({ id }) => id);
        assert.deepEqual([...moves, ...stuck].map(({ guest }) => guest).toSorted(), own.toSorted());
        for (const { id } of residents.filter(({ id }) => blockers.has(id) && own.includes(id)))
          assert.ok(stuck.some(({ guest }) => guest === id));
        for (const round of new Set(moves.map((move) => move.round))) {
          const together = moves.filter((move) => move.round === round);
          assert.ok(together.length <= limit.parallel);
          for (const { to } of together)
            assert.ok(together.filter((move) => move.to === to).length <= limit.perTarget);
        }
        const board = Board.of(
          hosts.map((name) => offerOf(name, small)),
          residents,
        );
        for (const { guest, to, from } of moves) {
          assert.ok(to !== from);
          board.come({ ...board.guest(guest)!, host: to });
        }
        for (const { guest } of moves) {
          const resident = board.guest(guest)!;
          board.go(guest);
          const { reason } = refusals(board.standing(resident.host)!, resident, asking)[0] ?? {};
          assert.equal(reason, undefined);
          board.come(resident);
        }
      }),
      { numRuns: 300 },
    );
  });
});
