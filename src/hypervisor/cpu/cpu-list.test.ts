import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatCpuList, onlineCpus, parseCpuList } from "./cpu-list.ts";

describe("a list of processors", () => {
  it("is read and written", () => {
    assert.deepEqual(parseCpuList("0-3,8\n"), [0, 1, 2, 3, 8]);
    assert.deepEqual(parseCpuList(""), []);
    assert.deepEqual(parseCpuList("5-3"), []);
    assert.equal(formatCpuList([8, 1, 0, 2, 1]), "0-2,8");
    assert.equal(formatCpuList([]), "");
  });

  it("of this computer's is not empty", () => {
    assert.ok(parseCpuList(onlineCpus()).length > 0);
  });
});
