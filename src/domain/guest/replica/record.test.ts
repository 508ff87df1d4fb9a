import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  fellBehind,
  isWhole,
  mostTurns,
  opened,
  openingOf,
  synced,
  torn,
  wanted,
  type ReplicaRecord,
} from "./record.ts";

const source = { disk0: "l0000000001" };
const first = { disk0: "l0000000002" };
const second = { disk0: "l0000000003" };
const at = "2026-01-02T03:04:05.000Z";
const later = "2026-01-02T03:04:06.000Z";
const kept = (tops: Record<string, string>, isTorn: boolean) => ({
  torn: isTorn,
  tops,
  layers: [...Object.values(first), ...Object.values(second)],
});

const begun = opened(wanted({ id: "h2", name: "two" }, { since: at, epoch: 7 }), "anew", {
  at,
  source,
  tops: first,
});
const equal: ReplicaRecord = synced(begun, at);
const behind = fellBehind(equal, later, "it was cut");

describe("a replica", () => {
  it("has nothing that can be started before it was equal", () => {
    assert.deepEqual([begun.state, begun.epoch, begun.whole], ["copying", 8, undefined]);
    assert.deepEqual([equal.state, equal.whole, equal.syncedAt], ["in-sync", first, at]);
  });

  it("was equal until it fell behind, and says why it is not", () => {
    assert.deepEqual([behind.state, behind.syncedAt, behind.reason], ["behind", later, "it was cut"]);
    assert.equal(fellBehind(behind, later, "it was cut"), behind);
    assert.equal(fellBehind(begun, later, "it was cut").syncedAt, undefined);
  });

  it("goes on with what is there for a moment's cut, and puts what is new over what was equal after a longer one", () => {
    assert.equal(openingOf(equal, source, true), "on");
    assert.equal(openingOf(behind, source, true), "over");
    const over = opened(behind, "over", { at, source, tops: second });
    assert.deepEqual([over.whole, over.tops, over.turns], [first, second, 1]);
    // Cut again before that was equal: what was equal first is still what can be started.
    const again = fellBehind(over, later, "it was cut");
    assert.equal(openingOf(again, source, true), "on");
    assert.deepEqual(again.whole, first);
    assert.deepEqual(synced(over, at).whole, second);
  });

  it("is copied anew where nobody kept count, its disks are others, or it is of many layers", () => {
    assert.equal(openingOf(behind, source, false), "anew");
    assert.equal(openingOf(equal, { disk0: "l0000000009" }, true), "anew");
    assert.equal(openingOf(equal, { ...source, disk1: "l0000000009" }, true), "anew");
    assert.equal(openingOf({ ...behind, turns: mostTurns }, source, true), "anew");
  });

  it("has an epoch for each connection, later than any before", () => {
    assert.equal(opened(equal, "on", { at, source, tops: first }).epoch, equal.epoch + 1);
    assert.equal(opened(equal, "on", { at, source, tops: first }).state, "in-sync");
  });

  it("that was not closed in order has only what was equal before, and was written to no more", () => {
    assert.equal(torn(equal, later, kept(first, true)).whole, undefined);
    assert.equal(torn(equal, later, kept(first, true)).syncedAt, undefined);
    const over = opened(behind, "over", { at, source, tops: second });
    assert.deepEqual(torn(over, later, kept(second, true)).whole, first);
    // It had not been put over yet: what is torn is what was equal.
    assert.equal(torn(over, later, kept(first, true)).whole, undefined);
    for (const one of [equal, over]) assert.equal(torn(one, later, kept(first, true)).tops, undefined);
    assert.equal(isWhole(first, { torn: false, tops: first, layers: [] }), false);
  });
});
