import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { cutOf, longestChain, type Link } from "./chain.ts";

const MiB = 1048576;
/** A chain of these sizes in MiB, the top first, the layers called by their place in it. */
const chain = (...sizes: number[]): Link[] =>
  sizes.map((size, at) => ({ id: String(at), bytes: size * MiB }));

describe("a chain of layers", () => {
  test("is left alone while it is short", () => {
    assert.equal(cutOf(chain(1, 1, 1, 1, 1, 1, 1, 900)), undefined);
  });

  test("of small layers is cut down to the bottom, however small that is", () => {
    assert.deepEqual(cutOf(chain(1, 1, 1, 1, 1, 1, 1, 1, 900)), { base: "8", bytes: 7 * MiB });
    assert.deepEqual(cutOf(chain(1, 1, 1, 1, 1, 1, 1, 1, 1)), { base: "8", bytes: 7 * MiB });
  });

  test("keeps a large layer near its bottom, which each branch would copy again", () => {
    assert.deepEqual(cutOf(chain(1, 1, 1, 1, 1, 1, 1, 500, 900)), { base: "7", bytes: 6 * MiB });
    assert.deepEqual(cutOf(chain(1, 1, 1, 1, 1, 1, 400, 500, 900)), { base: "6", bytes: 5 * MiB });
  });

  test("copies a large layer where it would stay too long otherwise", () => {
    assert.deepEqual(cutOf(chain(1, 1, 1, 1, 1, 300, 400, 500, 900)), { base: "6", bytes: 304 * MiB });
    assert.deepEqual(cutOf(chain(1, 1, 1, 1, 1, 400, 400, 500, 900)), { base: "8", bytes: 1304 * MiB });
  });

  test("is short once it was cut, never loses its bottom, and what is copied lies above the base", () => {
    const sizes = fc.array(fc.nat(1e6), { minLength: longestChain + 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, (all) => {
        const links = chain(...all);
        const cut = cutOf(links)!;
        const at = links.findIndex(({ id }) => id === cut.base);
        const left = 1 + links.length - at;
        assert.ok(at > 1 && left <= longestChain / 2, `${left} are left`);
        const copied = links.slice(1, at).reduce((sum, { bytes }) => sum + bytes, 0);
        assert.equal(cut.bytes, copied);
      }),
    );
  });
});
