import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { treeRows } from "./snapshot-tree.ts";

const made = (id: string, parent?: string) => ({
  id,
  createdAt: `2026-01-01T00:00:${id.charCodeAt(0) - 87}Z`,
  ...(parent === undefined ? {} : { parent }),
});

const shown = (...of: Parameters<typeof treeRows<ReturnType<typeof made>>>) =>
  treeRows(...of).map(
    ({ snapshot, depth, branches }) => "| ".repeat(depth) + (branches ? "+" : "") + (snapshot?.id ?? "here"),
  );

describe("a tree of snapshots", () => {
  test("of none has no row", () => assert.deepEqual(shown([], undefined), []));

  test("goes straight down to where the guest is", () => {
    assert.deepEqual(shown([made("a"), made("b", "a"), made("c", "b")], "c"), ["a", "b", "c", "here"]);
  });

  test("branches where another way was left", () => {
    const all = [made("a"), made("b", "a"), made("c", "b"), made("d", "a")];
    assert.deepEqual(shown(all, "d"), ["a", "| +b", "| c", "d", "here"]);
    assert.deepEqual(shown(all, "a"), ["a", "| +b", "| c", "| +d", "here"]);
    assert.deepEqual(shown(all, "b"), ["a", "| +d", "b", "| +c", "here"]);
  });

  test("has several beginnings where their parents are gone", () => {
    assert.deepEqual(shown([made("a"), made("b", "x")], "b"), ["a", "b", "here"]);
    assert.deepEqual(shown([made("a")], undefined), ["a", "here"]);
  });

  test("shows each once, and the guest once, after what they stand on", () => {
    const forest = fc.array(fc.nat(), { maxLength: 40 }).chain((seeds) => {
      const all = seeds.map((seed, at) => ({
        id: `s${at}`,
        createdAt: new Date(at * 1000).toISOString(),
        ...(at > 0 && seed % 7 !== 0 ? { parent: `s${seed % at}` } : {}),
      }));
      return fc.record({
        all: fc.constant(all),
        current: fc.constantFrom(undefined, ...all.map(({ id }) => id)),
      });
    });
    fc.assert(
      fc.property(forest, ({ all, current }) => {
        const rows = treeRows(all, current);
        const ids = rows.map(({ snapshot }) => snapshot?.id ?? "here");
        assert.deepEqual(
          ids.toSorted(),
          all.length === 0 ? [] : [...all.map(({ id }) => id), "here"].toSorted(),
        );
        for (const { snapshot } of rows)
          if (snapshot && "parent" in snapshot)
            assert.ok(ids.indexOf(snapshot.parent!) < ids.indexOf(snapshot.id));
        if (current !== undefined) assert.ok(ids.indexOf(current) < ids.indexOf("here"));
      }),
    );
  });
});
