import assert from "node:assert/strict";
import { it } from "node:test";
import { operationOwner } from "./record.ts";

it("an operation of when there were no projects is the default one's, or the host's", () => {
  assert.deepEqual(operationOwner({ targets: ["guest:g1"], project: "shop" }), { project: "shop" });
  for (const target of ["guest:g1", "image-name:debian-13", "image:i1", "template:t1"])
    assert.deepEqual(operationOwner({ targets: [target] }), { project: "default" });
  assert.deepEqual(operationOwner({ targets: ["host"] }), { project: undefined });
});
