/** What one placement costs, counted in what it looks at: it grows slower than the number of hosts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { simulated, wishesOf } from "../../../../test/fakes/placement-cluster.ts";
import { explain, place, type PlacementAsking } from "./place.ts";

const balance: PlacementAsking = { now: 0, policy: "balance" };

/** The most, and the mean, that placing these guests looked at; each stays where it was placed. */
function lookedAt(hosts: number, asking: PlacementAsking, guests: number) {
  const board = simulated(hosts, 10);
  const counts: number[] = [];
  for (const [n, wish] of wishesOf(guests).entries()) {
    const { best, looked } = place(board, wish, asking);
    if (best) board.come({ ...wish, id: `new${n}`, host: best.host });
    else assert.equal(explain(board, wish, asking).ranking.length, 0);
    counts.push(looked);
  }
  return { most: Math.max(...counts), mean: counts.reduce((sum, count) => sum + count, 0) / counts.length };
}

describe("the cost of a placement", () => {
  for (const policy of ["balance", "pack"] as const)
    it(`grows slower than the hosts, to ${policy}`, (context) => {
      const asking = { ...balance, policy };
      const [hundred, thousand, more] = [100, 1000, 4000].map((hosts) => lookedAt(hosts, asking, 200));
      context.diagnostic(JSON.stringify({ hundred, thousand, more }));
      assert.ok(thousand!.mean < 4 * hundred!.mean, `${thousand!.mean} against ${hundred!.mean}`);
      assert.ok(more!.mean < 1.5 * thousand!.mean, `${more!.mean} against ${thousand!.mean}`);
      assert.ok(more!.most < 500, String(more!.most));
    });

  it("is the same whether 1,000 hosts are nearly empty or have 50,000 guests", () => {
    const board = simulated(1000);
    assert.equal(
      [...board.standings()].reduce((sum, { residents }) => sum + residents.size, 0),
      50_000,
    );
    const missed = wishesOf(50).map((wish) => {
      const { best, looked } = place(board, wish, balance);
      assert.ok(looked < 450, String(looked));
      return explain(board, wish, balance).ranking[0]!.total - best!.total;
    });
    // What it did not look at was not worth much: scores of hosts that can have a guest differ by 2 and more.
    assert.ok(missed.reduce((sum, much) => sum + much, 0) / missed.length < 0.05, String(missed));
  });

  it("does not rise where most hosts are full", () => {
    const board = simulated(1000);
    for (const { offer } of [...board.standings()])
      if (!offer.name.endsWith("7")) board.offer({ ...offer, available: 0 });
    for (const wish of wishesOf(50)) {
      const { best, looked } = place(board, { ...wish, placement: {} }, balance);
      assert.ok(best?.name.endsWith("7") && looked < 450, `${best?.name} after ${looked}`);
    }
  });
});
