/**
 * A rectangle in the encoding Tight or TightPNG (rfbproto, "Tight Encoding"):
 *
 *   control byte   bits 0-3: begin these zlib streams anew; bits 4-7: what follows
 *     8            one pixel that fills it
 *     9, 10        a length, and a JPEG or PNG
 *     0-7          pixels through a filter, deflated by stream (bits 4-5) where they are 12 bytes or more
 */
import { LodgeError } from "#contract/errors";
import type { Reading } from "./byte-reader.ts";
import type { PixelFormat } from "./pixel-format.ts";

const fill = 8;
const jpeg = 9;
const png = 10;
/** Of the upper four bits: a byte follows that names the filter. */
const namesFilter = 4;
const filters = { copy: 0, palette: 1, gradient: 2 } as const;
/** Fewer bytes than this are not deflated. */
const leastDeflated = 12;

const all = 0x0f;

/** Is this rectangle's content a JPEG, and so not exact? `body` begins with the control byte. */
export const isLossy = (body: Buffer): boolean => body[0]! >> 4 === jpeg;

/** The control byte that also has every zlib stream begin anew, as those of a new QEMU do. */
export function resetStreams(control: Buffer): Buffer {
  const changed = Buffer.from(control);
  changed[0]! |= all;
  return changed;
}

const malformed = (reason: string) => new LodgeError("console.protocol", { who: "QEMU", reason });

/** The control byte is a piece of its own, the first. */
export function* tight(width: number, height: number, format: PixelFormat): Reading<Buffer[]> {
  const control = yield 1;
  const kind = control[0]! >> 4;
  if (kind === fill) return [control, yield format.tightPixel];
  if (kind === jpeg || kind === png) return [control, ...(yield* counted())];
  if (kind > png) throw malformed(`Tight has no kind ${kind}`);
  if (!(kind & namesFilter)) return [control, ...(yield* deflated(width * height * format.tightPixel))];
  const filter = yield 1;
  return [control, filter, ...(yield* filtered(filter[0]!, width, height, format))];
}

function* filtered(filter: number, width: number, height: number, format: PixelFormat): Reading<Buffer[]> {
  if (filter === filters.copy || filter === filters.gradient)
    return yield* deflated(width * height * format.tightPixel);
  if (filter !== filters.palette) throw malformed(`Tight has no filter ${filter}`);
  const count = yield 1;
  const colours = count[0]! + 1;
  const palette = yield colours * format.tightPixel;
  const row = colours <= 2 ? Math.ceil(width / 8) : width;
  return [count, palette, ...(yield* deflated(row * height))];
}

/** Pixels of so many bytes: as they are, or a length and what they were deflated to. */
function* deflated(bytes: number): Reading<Buffer[]> {
  if (bytes >= leastDeflated) return yield* counted();
  return bytes === 0 ? [] : [yield bytes];
}

/** One to three bytes of length, seven bits each and eight in the third, the lowest first; then that many bytes. */
function* counted(): Reading<Buffer[]> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (const shift of [0, 7, 14]) {
    const piece = yield 1;
    const byte = piece[0]!;
    pieces.push(piece);
    length |= (shift === 14 ? byte : byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  pieces.push(yield length);
  return pieces;
}
