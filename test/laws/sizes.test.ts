import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { files, isTest, product } from "./sources.ts";

/** Lines. */
const limit = { any: 500, few: 350, median: 120 };

const lines = (text: string): number => text.split("\n").length - 1;

describe("files", () => {
  const prose = /\.(md|json)$/;
  const code = files
    .filter(({ path }) => !prose.test(path))
    .map(({ path, text }) => ({ path, size: lines(text) }));

  it(`have at most ${limit.any} lines`, () => {
    assert.deepEqual(
      code.filter(({ size }) => size > limit.any).map(({ path, size }) => `${path}: ${size}`),
      [],
    );
  });

  it(`seldom have more than ${limit.few} lines`, () => {
    const large = code.filter(({ size, path }) => size > limit.few && !isTest(path)).map(({ path }) => path);
    assert.ok(large.length <= Math.max(3, code.length * 0.03), `too many: ${large.join(", ")}`);
  });

  it(`have a median of at most ${limit.median} lines`, () => {
    const sizes = product.map(({ text }) => lines(text)).sort((a, b) => a - b);
    const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
    assert.ok(median <= limit.median && median >= 30, `the median is ${median}`);
  });
});
