import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { placeOnNode, readNodes } from "./numa.ts";

const GiB = 2 ** 30;
const two = [
  { id: 0, cpus: "0-3", free: 8 * GiB },
  { id: 1, cpus: "4-7", free: 6 * GiB },
];
const guest = { cpus: 2, memory: GiB };
const on = (...taken: [number, number][]) => placeOnNode(two, guest, new Map(taken))?.id;

describe("memory nodes", () => {
  it("are read; one without processors is no place for a guest", () => {
    const root = mkdtempSync(join(tmpdir(), "lodge-numa-"));
    try {
      for (const [id, cpus, free] of [
        [0, "0-1", 1024],
        [1, "2-3", 2048],
        [10, "", 4096],
      ] as const) {
        mkdirSync(join(root, `node${id}`));
        writeFileSync(join(root, `node${id}`, "cpulist"), `${cpus}\n`);
        const meminfo = `Node ${id} MemTotal:  9999 kB\nNode ${id} MemFree:   ${free} kB\n`;
        writeFileSync(join(root, `node${id}`, "meminfo"), meminfo);
      }
      writeFileSync(join(root, "online"), "0-1,10\n");
      assert.deepEqual(readNodes(root), [
        { id: 0, cpus: "0-1", free: 1024 * 1024 },
        { id: 1, cpus: "2-3", free: 2048 * 1024 },
      ]);
      assert.deepEqual(readNodes(join(root, "nothing")), []);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("get guests in turn, by what was placed there", () => {
    assert.equal(on(), 0, "the one with most memory first");
    assert.equal(on([0, 2]), 1);
    assert.equal(on([0, 2], [1, 2]), 0);
  });

  it("are passed over where they are too small, all of them where none is large enough", () => {
    assert.equal(placeOnNode(two, { cpus: 1, memory: 7 * GiB }, new Map([[0, 9]]))?.id, 0);
    assert.equal(placeOnNode(two, { cpus: 5, memory: GiB }, new Map()), undefined);
    assert.equal(placeOnNode(two, { cpus: 1, memory: 9 * GiB }, new Map()), undefined);
  });

  it("are nothing to choose from where there is one", () => {
    assert.equal(placeOnNode(two.slice(1), guest, new Map()), undefined);
  });
});
