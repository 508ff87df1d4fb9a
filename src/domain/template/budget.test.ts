import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decide, toRelease, type Budget, type Kept, type Wanted } from "./budget.ts";

const budget: Budget = { memory: 100, disk: 1000 };
const kept = (id: string, over: Partial<Kept> = {}): Kept => ({
  id,
  state: "parked",
  resident: 30,
  stored: 300,
  guests: 0,
  mapped: 0,
  usedAt: "2026-01-01T00:00:00Z",
  ...over,
});
const used = (day: number): string => `2026-01-${String(day).padStart(2, "0")}T00:00:00Z`;
const pick = (all: readonly Kept[], wanted?: Wanted, limits = budget) => {
  const { remove, evict, fits } = decide(all, limits, wanted);
  return { remove, evict, fits };
};

describe("templates within their budget", () => {
  it("all stay, and what fits may come", () => {
    const all = [kept("a"), kept("b")];
    assert.deepEqual(pick(all), { remove: [], evict: [], fits: true });
    assert.deepEqual(pick(all, { resident: 40, stored: 400 }), { remove: [], evict: [], fits: true });
  });

  it("the one that was not used for longest leaves memory first, and no more than needed do", () => {
    const all = [
      kept("new", { usedAt: used(3) }),
      kept("old", { usedAt: used(1) }),
      kept("mid", { usedAt: used(2) }),
    ];
    const wanted = { resident: 30, stored: 0 };
    assert.deepEqual(pick(all, wanted), { remove: [], evict: ["old"], fits: true });
    assert.deepEqual(pick(all, { ...wanted, resident: 60 }).evict, ["old", "mid"]);
  });

  it("too much disk removes those on which nobody stands, and their memory counts as freed", () => {
    const all = [kept("a", { usedAt: used(1) }), kept("b", { usedAt: used(2) }), kept("c")];
    assert.deepEqual(pick(all, { resident: 40, stored: 400 }), { remove: ["a"], evict: [], fits: true });
  });

  it("those that guests use stay and count; the RAM of one whose guests have their own goes", () => {
    const mapped = kept("mapped", { guests: 2, mapped: 1, usedAt: used(1) });
    const stood = kept("stood", { guests: 1, usedAt: used(2) });
    const idle = kept("idle", { usedAt: used(3) });
    const all = [mapped, stood, idle];
    assert.deepEqual(pick(all, { resident: 40, stored: 0 }).evict, ["stood"]);
    assert.deepEqual(pick(all, { resident: 70, stored: 0 }).evict, ["stood", "idle"]);
    assert.deepEqual(pick(all, { resident: 0, stored: 400 }).remove, ["idle"]);
    assert.deepEqual(pick(all, { resident: 71, stored: 0 }), { remove: [], evict: [], fits: false });
    assert.deepEqual(pick(all, { resident: 0, stored: 401 }), { remove: [], evict: [], fits: false });
    assert.deepEqual(decide(all, budget).most, { memory: 70, disk: 400 });
  });

  it("those being built and the stale count, and are left alone", () => {
    const all = [
      kept("built", { state: "building" }),
      kept("stale", { state: "stale", guests: 1, mapped: 1 }),
    ];
    assert.deepEqual(decide(all, { memory: 10, disk: 10 }), {
      remove: [],
      evict: [],
      fits: false,
      most: { memory: -50, disk: -590 },
    });
  });

  it("the RAM of one that is read back counts once, and its files are not in their own way", () => {
    const all = [
      kept("back", { state: "evicted", resident: 0, usedAt: used(1) }),
      kept("b", { usedAt: used(2) }),
      kept("c", { usedAt: used(3) }),
    ];
    const wanted = { id: "back", resident: 50, stored: 300 };
    assert.deepEqual(pick(all, wanted), { remove: [], evict: ["b"], fits: true });
    // On its way: a guest of it is recorded, so that it counts already.
    const onItsWay = [{ ...all[0]!, resident: 50, guests: 1, mapped: 1 }, ...all.slice(1)];
    assert.deepEqual(pick(onItsWay, wanted), { remove: [], evict: ["b"], fits: true });
  });

  it("a budget that was lowered is kept to as far as guests let it", () => {
    const all = [kept("mapped", { guests: 1, mapped: 1 }), kept("a"), kept("b", { usedAt: used(2) })];
    assert.deepEqual(pick(all, undefined, { memory: 30, disk: 1000 }), {
      remove: [],
      evict: ["a", "b"],
      fits: true,
    });
    assert.deepEqual(pick(all, undefined, { memory: 0, disk: 0 }), {
      remove: ["a", "b"],
      evict: [],
      fits: false,
    });
  });

  it("what a host needs is freed in the same order, and never the one that is wanted", () => {
    const all = [
      kept("a", { usedAt: used(1) }),
      kept("b", { usedAt: used(2), mapped: 1, guests: 1 }),
      kept("c", { usedAt: used(3) }),
      kept("d", { usedAt: used(4) }),
    ];
    assert.deepEqual(toRelease(all, 1), ["a"]);
    assert.deepEqual(toRelease(all, 31), ["a", "c"]);
    assert.deepEqual(toRelease(all, 1e9, "c"), ["a", "d"]);
    assert.deepEqual(toRelease(all, 0), []);
  });
});

describe("whatever templates there are", () => {
  const anyKept = fc
    .record({
      id: fc.uuid(),
      state: fc.constantFrom("building", "parked", "evicted", "stale"),
      resident: fc.integer({ min: 0, max: 80 }),
      stored: fc.integer({ min: 0, max: 800 }),
      guests: fc.integer({ min: 0, max: 2 }),
      mapped: fc.integer({ min: 0, max: 2 }),
      usedAt: fc.integer({ min: 1, max: 28 }).map(used),
    })
    // Who maps a template's RAM uses it.
    .map((one): Kept => ({ ...one, mapped: Math.min(one.mapped, one.guests) }));
  const all = fc.uniqueArray(anyKept, { maxLength: 10, selector: ({ id }) => id });
  const limits = fc.record({
    memory: fc.integer({ min: 0, max: 300 }),
    disk: fc.integer({ min: 0, max: 3000 }),
  });
  const wanted = fc.record({
    resident: fc.integer({ min: 0, max: 150 }),
    stored: fc.integer({ min: 0, max: 1500 }),
  });
  const total = (list: readonly Kept[], gone: readonly string[], without: readonly string[] = []) => ({
    memory: list
      .filter(({ id }) => !gone.includes(id) && !without.includes(id))
      .reduce((sum, one) => sum + one.resident, 0),
    disk: list.filter(({ id }) => !gone.includes(id)).reduce((sum, one) => sum + one.stored, 0),
  });
  const within = (taken: Budget, limit: Budget) => taken.memory <= limit.memory && taken.disk <= limit.disk;

  it("who is in use, being built or stale is never chosen", () => {
    fc.assert(
      fc.property(all, limits, wanted, (list, limit, what) => {
        const { remove, evict } = decide(list, limit, what);
        const of = (ids: readonly string[]) => list.filter(({ id }) => ids.includes(id));
        assert.ok(of([...remove, ...evict]).every(({ state }) => state === "parked" || state === "evicted"));
        assert.ok(of(remove).every(({ guests }) => guests === 0));
        assert.ok(of(evict).every(({ mapped, resident }) => mapped === 0 && resident > 0));
        assert.equal(new Set([...remove, ...evict]).size, remove.length + evict.length);
      }),
    );
  });

  it("it fits exactly where it is no more than the most, and then is within the budget", () => {
    fc.assert(
      fc.property(all, limits, wanted, (list, limit, what) => {
        const { remove, evict, fits, most } = decide(list, limit, what);
        assert.equal(fits, what.resident <= most.memory && what.stored <= most.disk);
        if (!fits) return;
        const left = total(list, remove, evict);
        assert.ok(within({ memory: left.memory + what.resident, disk: left.disk + what.stored }, limit));
      }),
    );
  });

  it("nobody goes in vain: without the last of either list it would not fit", () => {
    fc.assert(
      fc.property(all, limits, wanted, (list, limit, what) => {
        const { remove, evict, fits } = decide(list, limit, what);
        if (!fits) return;
        const add = ({ memory, disk }: Budget) => ({
          memory: memory + what.resident,
          disk: disk + what.stored,
        });
        if (evict.length > 0) assert.ok(add(total(list, remove, evict.slice(0, -1))).memory > limit.memory);
        if (remove.length > 0) assert.ok(add(total(list, remove.slice(0, -1))).disk > limit.disk);
      }),
    );
  });

  it("none that stays was used before one of the same kind that goes", () => {
    fc.assert(
      fc.property(all, limits, wanted, (list, limit, what) => {
        const { remove, evict } = decide(list, limit, what);
        const idle = list.filter(
          ({ state, guests, mapped, resident, stored }) =>
            (state === "parked" || state === "evicted") &&
            guests + mapped === 0 &&
            resident > 0 &&
            stored > 0,
        );
        for (const goes of idle.filter(({ id }) => remove.includes(id) || evict.includes(id)))
          for (const stays of idle.filter(({ id }) => !remove.includes(id) && !evict.includes(id)))
            assert.ok(goes.usedAt <= stays.usedAt);
      }),
    );
  });

  it("what cannot come changes nothing for the others", () => {
    fc.assert(
      fc.property(all, limits, wanted, (list, limit, what) => {
        const asked = decide(list, limit, what);
        if (asked.fits) return;
        const { remove, evict } = decide(list, limit);
        assert.deepEqual([asked.remove, asked.evict], [remove, evict]);
      }),
    );
  });
});
