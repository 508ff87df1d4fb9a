/**
 * A viewer's zlib streams, which go on when another QEMU takes the place of the one that began them.
 *
 * A stream is a header of two bytes and blocks (RFC 1950, RFC 1951). QEMU ends each rectangle with whole bytes
 * (Z_SYNC_FLUSH), so what a new QEMU begins can follow there if its header is left out: its blocks refer to nothing that it
 * has not said itself, by how far back it is. The checksum at the end never comes, since a display has no end. Tight has bits
 * that begin a stream anew, but noVNC 1.7 fails to inflate what comes after them, and ZRLE has none.
 */
import { LodgeError } from "#contract/errors";
import { zrleStream, type Rectangle } from "./rectangle.ts";
import { compactLength } from "./tight.ts";

const header = 2;

export class ZlibStreams {
  /** Streams whose header the viewer has. */
  readonly #begun = new Set<number>();
  /** Streams that the present QEMU has begun. */
  #current = new Set<number>();

  /** There is another QEMU now. */
  anew(): void {
    this.#current = new Set();
  }

  /** The rectangle as the viewer can go on with it. @throws LodgeError console.protocol where no stream begins there */
  goOn(rectangle: Rectangle): Rectangle {
    const { stream, body } = rectangle;
    if (stream === undefined || this.#current.has(stream)) return rectangle;
    const data = body.at(-1)!;
    if (data.length < header || (data[0]! & 0x0f) !== 8 || data.readUInt16BE(0) % 31 !== 0)
      throw new LodgeError("console.protocol", { who: "QEMU", reason: "a stream has no beginning" });
    this.#current.add(stream);
    if (!this.#begun.has(stream)) {
      this.#begun.add(stream);
      return rectangle;
    }
    const rest = data.subarray(header);
    return { ...rectangle, body: [...body.slice(0, -2), lengthOf(stream, rest.length), rest] };
  }
}

function lengthOf(stream: number, length: number): Buffer {
  if (stream !== zrleStream) return compactLength(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
