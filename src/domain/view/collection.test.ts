import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { Collection } from "./collection.ts";
import { toCursor } from "./cursor.ts";

interface Thing {
  readonly id: string;
  readonly name: string;
  readonly hidden?: boolean;
}

const mine = { project: "default" };

const things = (newestFirst?: true) =>
  new Collection<Thing>({
    prefix: "things/",
    show: (record) => ((record as Thing).hidden ? undefined : (record as Thing)),
    place: ({ name, id }) => `${name} ${id}`,
    owner: () => mine,
    ...(newestFirst ? { newestFirst } : {}),
  });

function fill(collection: Collection<Thing>, names: readonly string[]): void {
  for (const [i, name] of names.entries()) collection.take(`t${i}`, { id: `t${i}`, name });
}

function everyPage(collection: Collection<Thing>, limit: number, between: () => void = () => undefined) {
  const found: Thing[] = [];
  let cursor: string | undefined;
  do {
    const page = collection.page({ limit, cursor }, "at");
    assert.ok(page.items.length <= limit);
    assert.deepEqual(
      page.json,
      page.items.map((item) => JSON.stringify(item)),
    );
    found.push(...page.items);
    cursor = page.next;
    between();
  } while (cursor !== undefined);
  return found;
}

describe("a collection", () => {
  it("says what each change was", () => {
    const collection = things();
    const one = { id: "a", name: "one" };
    assert.deepEqual(collection.take("a", one), { op: "created", id: "a", owners: [mine] });
    assert.deepEqual(collection.take("a", { ...one, name: "two" }), {
      op: "changed",
      id: "a",
      owners: [mine, mine],
    });
    assert.equal(collection.json("a"), '{"id":"a","name":"two"}');
    assert.deepEqual(collection.take("a", { ...one, hidden: true }), {
      op: "removed",
      id: "a",
      owners: [mine],
    });
    assert.equal(collection.take("a", undefined), undefined);
  });

  it("is told all at once what there is, and says what that changed", () => {
    const collection = things();
    fill(collection, ["kept", "changed", "gone"]);
    const now = [
      { id: "t0", name: "kept" },
      { id: "t1", name: "other" },
      { id: "t3", name: "new" },
    ];
    const turns = collection.takeAll(new Map(now.map((thing) => [thing.id, thing])));
    assert.deepEqual(
      turns.map(({ op, id }) => `${id} ${op}`),
      ["t2 removed", "t1 changed", "t3 created"],
    );
  });

  it("gives each object once, in order, whatever the size of pages and the order of coming", () => {
    const names = fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 40 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 10 }), fc.boolean(), (given, limit, backwards) => {
        const collection = things(backwards ? true : undefined);
        fill(collection, given);
        const places = everyPage(collection, limit).map(({ name, id }) => `${name} ${id}`);
        const expected = given.map((name, i) => `${name} t${i}`).toSorted();
        assert.deepEqual(places, backwards ? expected.toReversed() : expected);
      }),
    );
  });

  it("misses and repeats nothing that stays while others come and go between two pages", () => {
    const collection = things();
    fill(
      collection,
      Array.from({ length: 50 }, (_, i) => `name-${String(i).padStart(2, "0")}`),
    );
    let turn = 0;
    const found = everyPage(collection, 7, () => {
      collection.take(`x${turn}`, { id: `x${turn}`, name: `name-0${turn}` });
      collection.take(`x${turn - 1}`, undefined);
      turn++;
    });
    const ids = found.map(({ id }) => id).filter((id) => id.startsWith("t"));
    assert.equal(new Set(ids).size, 50);
    assert.equal(ids.length, 50);
  });

  it("filters before it counts, and ends where nothing more fits", () => {
    const collection = things();
    fill(collection, ["a", "b", "c", "d"]);
    const where = ({ name }: Thing) => name === "a" || name === "c";
    assert.deepEqual(
      collection.page({ limit: 2, where }, "at").items.map(({ name }) => name),
      ["a", "c"],
    );
    assert.equal(collection.page({ limit: 2, where }, "at").next, undefined);
    assert.ok(collection.page({ limit: 1, where }, "at").next);
  });

  it("refuses what is no cursor", () => {
    for (const cursor of ["", "%", "a=", `${toCursor("x")}!`])
      assert.throws(
        () => things().page({ cursor }, "at"),
        (error) => hasCode(error, "api.invalid"),
      );
  });
});
