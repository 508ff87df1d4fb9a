import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { filled, frame, picture, raw } from "../../../test/fakes/sample-recording.ts";
import { readFrame } from "./frame.ts";

const area = { x: 2, y: 3, width: 4, height: 5 };
const three = frame(64, 48, [filled(area, [1, 2, 3]), picture(area, [4, 5, 6]), raw(area, [7, 8, 9])]);

describe("a frame", () => {
  it("draws colours, pictures and pixels", () => {
    const { width, height, rectangles } = readFrame(three);
    assert.deepEqual([width, height], [64, 48]);
    assert.deepEqual(
      rectangles.map(({ is }) => is),
      ["colour", "png", "raw"],
    );
    const [colour, png, pixels] = rectangles;
    assert.deepEqual(colour, { ...area, is: "colour", colour: [1, 2, 3] });
    assert.ok(png?.is === "png" && png.bytes[1] === 0x50);
    assert.ok(pixels?.is === "raw" && pixels.bytes.length === 80);
    assert.deepEqual([...pixels.bytes.subarray(0, 4)], [9, 8, 7, 0]);
  });

  it("is damaged where it ends early, lies beside the screen, or has what the format has not", () => {
    const isDamaged = (error: unknown) => hasCode(error, "recording.damaged");
    for (let length = 0; length < three.length; length++)
      assert.throws(() => readFrame(three.subarray(0, length)), isDamaged);
    const other = (at: number, ...bytes: number[]) => {
      const copy = Buffer.from(three);
      copy.set(bytes, at);
      return copy;
    };
    // No width; 64 k wide; no update; beside the screen; Hextile; Tight's plain kind.
    for (const bytes of [
      other(0, 0, 0),
      other(0, 255),
      other(4, 2),
      other(8, 0, 61),
      other(16, 0, 0, 0, 5),
      other(20, 0),
    ])
      assert.throws(() => readFrame(bytes), isDamaged);
  });
});
