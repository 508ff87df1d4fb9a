import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiB, offerOf, residentOf, wishOf } from "../../../../test/fakes/placement-hosts.ts";
import { numbers } from "../../../../test/fakes/placement-cluster.ts";
import { Board } from "./board.ts";
import { keptFor, KeptReserve, placeKeeping, type Newcomer } from "./keep-reserve.ts";
import { explain } from "./place.ts";
import { checkReserve } from "./reserve.ts";
import type { Resident } from "./wish.ts";

const asking = { now: 0, policy: "balance" } as const;
const offers = (memory: number, ...names: readonly string[]) =>
  names.map((name) =>
    offerOf(name, { limit: { memory: memory * GiB, cpus: 64, disk: 10_000 * GiB }, available: memory * GiB }),
  );
const needs = (memory: number) => ({ memory: memory * GiB, cpus: 1, disk: GiB });
const guest = (name: string, host: string, memory: number, highlyAvailable = true) =>
  residentOf(name, host, { needs: needs(memory), highlyAvailable });
const wish = (memory: number, more: Partial<Newcomer> = {}): Newcomer => ({
  ...wishOf("new", { needs: needs(memory) }),
  ...more,
});

describe("room that is kept in reserve", () => {
  it("is not given to a new guest, and it is said whose it is", () => {
    const board = Board.of(offers(8, "a", "b"), [guest("db", "a", 6)]);
    const free = placeKeeping(board, wish(4), asking, 0);
    assert.equal(free.best?.name, "b");
    const kept = placeKeeping(board, wish(4), asking, 1);
    assert.equal(kept.best, undefined);
    const reasons = explain(board, wish(4), kept.asking).refusals.find(({ name }) => name === "b")!.reasons;
    assert.match(reasons[0]!.reason, /^keeps its room for db, should a fail$/);
    assert.match(reasons[0]!.fix, /--reserve/);
  });

  it("leaves what is not needed for it, and the hosts that need not take anything", () => {
    const board = Board.of(offers(8, "a", "b"), [guest("db", "a", 5)]);
    assert.equal(placeKeeping(board, wish(3), asking, 1).best?.name, "b");
    assert.equal(placeKeeping(board, wish(3.5), asking, 1).best, undefined);
    // Beside the guest that would leave with its host.
    assert.equal(placeKeeping(board, wish(2, { placement: { hosts: ["a"] } }), asking, 1).best?.name, "a");
  });

  it("has to be there for a new guest that is highly available itself", () => {
    const board = Board.of(offers(8, "a", "b"), [guest("x", "b", 6, false)]);
    const available = wish(4, { highlyAvailable: true });
    assert.equal(placeKeeping(board, wish(4), asking, 1).best?.name, "a");
    const none = placeKeeping(board, available, asking, 1);
    assert.equal(none.best, undefined);
    const reasons = explain(board, available, none.asking).refusals.find(({ name }) => name === "a")!.reasons;
    assert.equal(reasons[0]!.reason, "would have no other host to give it to, should a fail");
    assert.equal(placeKeeping(board, { ...available, needs: needs(2) }, asking, 1).best?.name, "a");
  });

  it("is for as many hosts as are said to fail at once", () => {
    const three = [guest("x", "a", 4), guest("y", "b", 4)];
    const board = Board.of(offers(8, "a", "b", "c"), three);
    assert.equal(placeKeeping(board, wish(4), asking, 1).best?.name, "c");
    assert.equal(placeKeeping(board, wish(4, { placement: { hosts: ["c"] } }), asking, 2).best, undefined);
  });

  it("refuses nothing that makes it no worse where it does not hold as it is", () => {
    const board = Board.of(offers(8, "a", "b"), [guest("db", "a", 6), guest("x", "b", 4, false)]);
    assert.equal(placeKeeping(board, wish(1), asking, 1).best?.name, "b");
  });

  it("counts a guest once that rests there and is to start, and leaves the board as it was", () => {
    const resting: Resident = { ...guest("y", "b", 0, false), needs: { memory: 0, cpus: 0, disk: GiB } };
    const board = Board.of(offers(8, "a", "b"), [guest("db", "a", 6), resting]);
    const reserve = new KeptReserve(board, 1, asking);
    const starts = { ...resting, needs: needs(2) };
    assert.equal(reserve.lacks(starts, "id-b"), undefined);
    const lacks = reserve.lacks({ ...starts, needs: needs(3) }, "id-b")!;
    assert.equal(
      keptFor(lacks, (host) => host.slice(3)),
      "db, should a fail",
    );
    assert.equal(reserve.lacks(starts, "id-b"), undefined);
    assert.equal(board.guest("y")?.needs.memory ?? resting.needs.memory, 0);
  });

  it("still holds when a cluster was filled by what it lets in", () => {
    const next = numbers(7);
    const hosts = offers(32, ..."abcdefgh");
    const board = Board.of(hosts, []);
    let [placed, refused] = [0, 0];
    for (let n = 0; n < 200; n++) {
      const one = wish([1, 2, 4][Math.floor(next() * 3)]!, next() < 0.5 ? { highlyAvailable: true } : {});
      const { best } = placeKeeping(board, one, asking, 1);
      if (best) board.come({ ...one, id: `g${n}`, name: `g${n}`, host: best.host });
      else refused++;
      if (best) placed++;
    }
    const guests = hosts.flatMap(({ host }) => [...board.on(host)]);
    assert.ok(placed > 50 && refused > 20, `${placed} placed, ${refused} refused`);
    assert.deepEqual(checkReserve(hosts, guests, 1, asking).shortfalls, []);
  });
});
