/** The picture that a recording's frames draw, pixel by pixel; a JPEG as what nothing else looks like. */
import { readFrame } from "#contract/recording/frame";
import { kind, type KeyFrame } from "#contract/recording/format";
import { blocksFrom, keyFor, openRecording, type RecordingSource } from "#contract/recording/scan";
import { readPng } from "./png.ts";

/** Magenta: none of the programs has it. */
const inexact = Buffer.of(255, 0, 254);

export const sourceOf = (bytes: Uint8Array): RecordingSource => ({
  size: bytes.length,
  read: async (from, to) => bytes.subarray(from, to),
});

export interface Screen {
  width: number;
  height: number;
  rgb: Buffer;
}

export function draw(screen: Screen, bytes: Uint8Array): void {
  const { width, height, rectangles } = readFrame(bytes);
  if (screen.width !== width || screen.height !== height)
    Object.assign(screen, { width, height, rgb: Buffer.alloc(width * height * 3) });
  for (const each of rectangles) {
    const pixels = each.is === "png" ? readPng(Buffer.from(each.bytes)).rgb : undefined;
    for (let row = 0; row < each.height; row++)
      for (let column = 0; column < each.width; column++) {
        const from = row * each.width + column;
        const to = ((each.y + row) * width + each.x + column) * 3;
        if (pixels) pixels.copy(screen.rgb, to, from * 3, from * 3 + 3);
        else if (each.is === "colour") screen.rgb.set(each.colour, to);
        else if (each.is === "raw")
          screen.rgb.set(
            [2, 1, 0].map((at) => each.bytes[from * 4 + at]!),
            to,
          );
        else screen.rgb.set(inexact, to);
      }
  }
}

/** The screen at a moment, from a key frame on; with `from`, from that one. */
export async function screenAt(bytes: Uint8Array, time: number, from?: KeyFrame): Promise<Screen> {
  const source = sourceOf(bytes);
  const { keys } = await openRecording(source);
  const screen: Screen = { width: 0, height: 0, rgb: Buffer.alloc(0) };
  for await (const block of blocksFrom(source, (from ?? keyFor(keys, time)!).offset)) {
    if (block.time > time) break;
    if (block.kind === kind.frame) draw(screen, block.bytes);
  }
  return screen;
}
