import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expectedSize } from "./expected.ts";

const MiB = 1048576;
const other = { imageName: "debian-13", state: "parked", resident: 170 * MiB, stored: 220 * MiB } as const;

describe("what a template will take", () => {
  it("is guessed where none of its image is known: half of its memory, 512 MiB at most", () => {
    assert.equal(expectedSize("debian-13", 512 * MiB, []).resident, 256 * MiB);
    assert.equal(expectedSize("debian-13", 65536 * MiB, []).resident, 512 * MiB);
    const strangers = [
      { ...other, imageName: "fedora" },
      { ...other, state: "building" as const },
    ];
    assert.equal(expectedSize("debian-13", 512 * MiB, strangers).resident, 256 * MiB);
  });

  it("is what the largest of its image takes, but no more than its memory", () => {
    const others = [other, { ...other, resident: 200 * MiB, state: "evicted" as const }];
    assert.deepEqual(expectedSize("debian-13", 2048 * MiB, others), {
      resident: 200 * MiB,
      stored: 250 * MiB,
    });
    assert.equal(expectedSize("debian-13", 128 * MiB, others).resident, 128 * MiB);
  });

  it("takes no stale one's layer for the whole", () => {
    const stale = { ...other, state: "stale" as const, stored: 9000 * MiB };
    assert.deepEqual(expectedSize("debian-13", 512 * MiB, [stale]), {
      resident: 170 * MiB,
      stored: Math.ceil(170 * 1.25 * MiB),
    });
  });
});
