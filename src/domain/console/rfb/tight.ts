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

/** Is this rectangle's content a JPEG, and so not exact? `body` begins with the control byte. */
export const isLossy = (body: Buffer): boolean => body[0]! >> 4 === jpeg;

const malformed = (reason: string) => new LodgeError("console.protocol", { who: "QEMU", reason });

/** A rectangle's content in pieces, of which the first is the control byte. */
export interface TightContent {
  readonly pieces: readonly Buffer[];
  /** The zlib stream that the content is the next part of; then the last two pieces are its length and itself. */
  readonly stream?: number;
}

export function* tight(width: number, height: number, format: PixelFormat): Reading<TightContent> {
  const control = yield 1;
  const kind = control[0]! >> 4;
  if (kind === fill) return { pieces: [control, yield format.tightPixel] };
  if (kind === jpeg || kind === png) return { pieces: [control, ...(yield* counted())] };
  if (kind > png) throw malformed(`Tight has no kind ${kind}`);
  const head =
    kind & namesFilter ? yield* filter(width, format) : { pieces: [], row: width * format.tightPixel };
  const bytes = head.row * height;
  const before = [control, ...head.pieces];
  if (bytes >= leastDeflated) return { pieces: [...before, ...(yield* counted())], stream: kind & 3 };
  return { pieces: bytes === 0 ? before : [...before, yield bytes] };
}

/** The filter, and how many bytes a row has behind it. */
function* filter(width: number, { tightPixel }: PixelFormat): Reading<{ pieces: Buffer[]; row: number }> {
  const name = yield 1;
  if (name[0] === filters.copy || name[0] === filters.gradient)
    return { pieces: [name], row: width * tightPixel };
  if (name[0] !== filters.palette) throw malformed(`Tight has no filter ${name[0]}`);
  const count = yield 1;
  const colours = count[0]! + 1;
  const palette = yield colours * tightPixel;
  return { pieces: [name, count, palette], row: colours <= 2 ? Math.ceil(width / 8) : width };
}

/** One to three bytes of length, seven bits each and eight in the third, the lowest first; then that many bytes. */
function* counted(): Reading<[Buffer, Buffer]> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (const shift of [0, 7, 14]) {
    const piece = yield 1;
    const byte = piece[0]!;
    pieces.push(piece);
    length |= (shift === 14 ? byte : byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  return [Buffer.concat(pieces), yield length];
}

/** A length as Tight writes it. */
export function compactLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x4000) return Buffer.of((length & 0x7f) | 0x80, length >> 7);
  return Buffer.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
}
