/** What a frame of a recording draws: see format.ts. Strict: what is not in the format is damage. */
import { damaged } from "./format.ts";

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Drawn = Place &
  (
    | { readonly is: "colour"; readonly colour: readonly [red: number, green: number, blue: number] }
    | { readonly is: "jpeg" | "png"; readonly bytes: Uint8Array }
    /** Blue, green, red and nothing of each pixel. */
    | { readonly is: "raw"; readonly bytes: Uint8Array }
  );

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rectangles: readonly Drawn[];
}

const raw = 0;
const tightPng = -260;
const kinds: Readonly<Record<number, "jpeg" | "png">> = { 9: "jpeg", 10: "png" };
/** Of pixels; QEMU's screens end before it. */
const largest = 8192;

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #step(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) throw damaged("a frame ends within a rectangle");
    return at;
  }

  byte = (): number => this.#bytes[this.#step(1)]!;
  word = (): number => this.#view.getUint16(this.#step(2));
  number = (): number => this.#view.getInt32(this.#step(4));

  bytes(count: number): Uint8Array {
    const at = this.#step(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A length as Tight writes it: seven bits, seven, eight, the lowest first. */
  compact(): number {
    let length = 0;
    for (const shift of [0, 7, 14]) {
      const byte = this.byte();
      length |= (shift === 14 ? byte : byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    return length;
  }
}

/** @throws LodgeError recording.damaged */
export function readFrame(bytes: Uint8Array): Frame {
  const reader = new Reader(bytes);
  const [width, height] = [reader.word(), reader.word()];
  if (width === 0 || height === 0 || width > largest || height > largest)
    throw damaged(`a frame is of ${width} × ${height} pixels`);
  if (reader.word() !== 0) throw damaged("a frame is no update");
  const rectangles = Array.from({ length: reader.word() }, () => rectangle(reader));
  const outside = rectangles.some((each) => each.x + each.width > width || each.y + each.height > height);
  if (outside) throw damaged("a rectangle lies beside the screen");
  return { width, height, rectangles };
}

function rectangle(reader: Reader): Drawn {
  const [x, y, width, height] = [reader.word(), reader.word(), reader.word(), reader.word()];
  const place = { x, y, width, height };
  const encoding = reader.number();
  if (encoding === raw) return { ...place, is: "raw", bytes: reader.bytes(width * height * 4) };
  if (encoding !== tightPng) throw damaged(`a rectangle is in encoding ${encoding}`);
  const control = reader.byte() >> 4;
  if (control === 8) return { ...place, is: "colour", colour: [reader.byte(), reader.byte(), reader.byte()] };
  const is = kinds[control];
  if (!is) throw damaged(`TightPNG has no kind ${control}`);
  return { ...place, is, bytes: reader.bytes(reader.compact()) };
}
