/**
 * A picture that a viewer draws from RFB's rectangles, and the streams of zlib that belong to it: strict, so that
 * whatever a viewer could stumble over fails here. Raw and Tight; where it is sent a JPEG it draws what nothing else
 * looks like, and counts it.
 */
import assert from "node:assert/strict";
import { createInflate, constants, type Inflate } from "node:zlib";

/** One stream of zlib that goes on from rectangle to rectangle. */
class Stream {
  readonly #inflate: Inflate = createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
  #out: Buffer[] = [];

  constructor() {
    this.#inflate.on("data", (piece: Buffer) => this.#out.push(piece));
  }

  /** Inflates a piece that is to become so many bytes. */
  async take(piece: Buffer, length: number): Promise<Buffer> {
    await new Promise<void>((resolve, reject) => {
      this.#inflate.once("error", reject);
      this.#inflate.write(piece, () => this.#inflate.flush(constants.Z_SYNC_FLUSH, resolve));
    });
    this.#inflate.removeAllListeners("error");
    const out = Buffer.concat(this.#out);
    this.#out = [];
    assert.equal(out.length, length, "a rectangle inflates to its size");
    return out;
  }
}

/** Magenta: none of the programs has it. */
const inexact: [number, number, number] = [255, 0, 254];

/** Each byte is told by how far it is from what its neighbours let one expect. */
function addGradients(data: Buffer, row: number): void {
  for (let at = 0; at < data.length; at++) {
    const left = at % row < 3 ? 0 : data[at - 3]!;
    const above = at < row ? 0 : data[at - row]!;
    const corner = at % row < 3 || at < row ? 0 : data[at - row - 3]!;
    data[at] = data[at]! + Math.min(255, Math.max(0, left + above - corner));
  }
}

export class Picture {
  width = 0;
  height = 0;
  /** Rectangles that were not exact. */
  jpegs = 0;
  /** Red, green, blue of each pixel. */
  rgb = Buffer.alloc(0);
  readonly #streams: (Stream | undefined)[] = [];

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.rgb = Buffer.alloc(width * height * 3);
  }

  /** Pixels of four bytes: blue, green, red, nothing. */
  raw(x: number, y: number, width: number, height: number, data: Buffer): void {
    this.#draw(x, y, width, height, (index) => [
      data[index * 4 + 2]!,
      data[index * 4 + 1]!,
      data[index * 4]!,
    ]);
  }

  /** `body` is a rectangle in Tight, whole. */
  async tight(x: number, y: number, width: number, height: number, body: Buffer): Promise<void> {
    const control = body[0]!;
    assert.equal(control & 0x0f, 0, "no stream begins anew: noVNC 1.7 cannot inflate what would come then");
    const kind = control >> 4;
    if (kind === 8) return this.#draw(x, y, width, height, () => [body[1]!, body[2]!, body[3]!]);
    if (kind === 9) {
      this.jpegs++;
      return this.#draw(x, y, width, height, () => inexact);
    }
    assert.ok(kind < 8, `there is no kind ${kind} in Tight`);
    const stream = kind & 3;
    let at = 1;
    const filter = kind & 4 ? body[at++]! : 0;
    if (filter === 1) {
      const colours = body[at++]! + 1;
      const palette = body.subarray(at, at + colours * 3);
      at += colours * 3;
      const row = colours <= 2 ? Math.ceil(width / 8) : width;
      const data = await this.#data(stream, body.subarray(at), row * height);
      const indexOf = (index: number) => {
        if (colours > 2) return data[index]!;
        const column = index % width;
        return (data[Math.floor(index / width) * row + (column >> 3)]! >> (7 - (column & 7))) & 1;
      };
      return this.#draw(x, y, width, height, (index) => {
        const colour = indexOf(index) * 3;
        return [palette[colour]!, palette[colour + 1]!, palette[colour + 2]!];
      });
    }
    const data = await this.#data(stream, body.subarray(at), width * height * 3);
    if (filter === 2) addGradients(data, width * 3);
    this.#draw(x, y, width, height, (index) => [
      data[index * 3]!,
      data[index * 3 + 1]!,
      data[index * 3 + 2]!,
    ]);
  }

  async #data(id: number, rest: Buffer, length: number): Promise<Buffer> {
    if (length < 12) {
      assert.equal(rest.length, length);
      return rest;
    }
    let at = 0;
    let compact = 0;
    for (let shift = 0; shift <= 14; shift += 7) {
      const byte = rest[at++]!;
      compact |= (shift === 14 ? byte : byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    assert.equal(rest.length - at, compact, "a rectangle is as long as it says");
    this.#streams[id] ??= new Stream();
    return this.#streams[id].take(rest.subarray(at), length);
  }

  #draw(
    x: number,
    y: number,
    width: number,
    height: number,
    colour: (index: number) => [number, number, number],
  ): void {
    assert.ok(x + width <= this.width && y + height <= this.height, "a rectangle lies on the screen");
    for (let index = 0; index < width * height; index++) {
      const to = ((y + Math.floor(index / width)) * this.width + x + (index % width)) * 3;
      this.rgb.set(colour(index), to);
    }
  }
}
