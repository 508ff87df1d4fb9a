import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { strokesOf } from "./keys.ts";
import { strokeOf, type Layout } from "./layouts.ts";

/** "Shift+Digit1" */
const typed = (character: string, layout: Layout) => {
  const stroke = strokeOf(character, layout);
  if (!stroke) return undefined;
  const { code, shift, altGr, dead } = stroke;
  return [shift && "Shift", altGr && "AltGr", code, dead && "Space"].filter(Boolean).join("+");
};

describe("a character's place on a keyboard", () => {
  it("is there for all of ASCII, on each", () => {
    for (let point = 0x20; point < 0x7f; point++) {
      for (const layout of ["us", "de"] as const)
        assert.ok(typed(String.fromCharCode(point), layout), `${String.fromCharCode(point)} on ${layout}`);
    }
  });

  it("is another one on another", () => {
    const places = (characters: string, layout: Layout) => [...characters].map((it) => typed(it, layout));
    assert.deepEqual(places("yZ/`@~", "us"), [
      "KeyY",
      "Shift+KeyZ",
      "Slash",
      "Backquote",
      "Shift+Digit2",
      "Shift+Backquote",
    ]);
    assert.deepEqual(places("yZ/`@~ß", "de"), [
      "KeyZ",
      "Shift+KeyY",
      "Shift+Digit7",
      "Shift+Equal+Space",
      "AltGr+KeyQ",
      "AltGr+BracketRight",
      "Minus",
    ]);
    assert.deepEqual(places("´", "de"), [undefined]);
    assert.deepEqual(places("ß\n\t", "us"), [undefined, "Enter", "Tab"]);
  });

  it("is the same however the character is written, and a text's other characters are named", () => {
    const { strokes, missing } = strokesOf("u\u0308\r\n☺é", "de");
    assert.deepEqual(
      strokes.map((stroke) => stroke.map(({ code, keysym }) => [code, keysym])),
      [[["BracketLeft", 0xfc]], [["Enter", 0xff0d]]],
    );
    assert.equal(missing, "☺é");
  });
});
