import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fit, printable, width, withoutEscapes } from "./printable.ts";

describe("text from elsewhere", () => {
  it("loses what a terminal would obey", () => {
    assert.equal(printable("a\u001b[31mb\u0007\u009bc\u202ed"), "a\uFFFD[31mb\uFFFD\uFFFDc\uFFFDd");
    assert.equal(printable("a\nb\tc"), "a\uFFFDb\uFFFDc");
    assert.equal(printable("a\nb\tc\rd", true), "a\nb\tc\uFFFDd");
  });

  it("can be rid of colours, cursor movements and titles", () => {
    assert.equal(
      withoutEscapes("\u001b[1;32mok\u001b[0m \u001b]0;title\u0007x\u001b[?25l\u001b(By"),
      "ok xy",
    );
  });
});

describe("the width of text", () => {
  it("is what it takes on a terminal", () => {
    assert.deepEqual(
      ["abc", "日本", "é", "e\u0301", "\u001b[1mab\u001b[22m", "👍"].map(width),
      [3, 4, 1, 1, 2, 2],
    );
  });

  it("is held where it has to be", () => {
    assert.deepEqual(
      [fit("abcdef", 6), fit("abcdef", 4), fit("日本語", 4), fit("abc", 0)],
      ["abcdef", "abc…", "日…", ""],
    );
  });
});
