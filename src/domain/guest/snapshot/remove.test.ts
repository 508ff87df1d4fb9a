import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SnapshotRecord } from "./record.ts";
import { without } from "./remove.ts";

const made = (id: string, parent?: string) =>
  ({ id, ...(parent === undefined ? {} : { parent }) }) as SnapshotRecord;
const tree = [made("a"), made("b", "a"), made("c", "b"), made("d", "b"), made("e", "d")];

describe("a tree without some of its snapshots", () => {
  const left = (...gone: string[]) =>
    without(tree, gone).left.map(({ id, parent = "-" }) => `${id} on ${parent}`);

  test("is the same where an end goes", () => assert.deepEqual(left("e", "c"), []));

  test("has what stood on one stand on that one's parent", () => {
    assert.deepEqual(left("b"), ["c on a", "d on a"]);
    assert.deepEqual(left("b", "d"), ["c on a", "e on a"]);
    assert.deepEqual(left("a"), ["b on -"]);
    assert.deepEqual(left("a", "b", "d"), ["c on -", "e on -"]);
  });

  test("has the guest stand on what is left, or on none", () => {
    assert.equal(without(tree, ["d"]).parentOf("d"), "b");
    assert.equal(without(tree, ["d", "b"]).parentOf("e"), "e");
    assert.equal(without(tree, ["a", "b"]).parentOf("b"), undefined);
    assert.equal(without(tree, ["a"]).parentOf(undefined), undefined);
  });
});
