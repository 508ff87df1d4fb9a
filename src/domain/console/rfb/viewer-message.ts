/** What a viewer says after the handshake (RFC 6143, 7.5, and what noVNC also speaks), each within bounds. */
import { LodgeError } from "#contract/errors";
import type { Reading } from "./byte-reader.ts";
import { formatLength } from "./pixel-format.ts";
import { longestCutText } from "./cut-text.ts";
import type { Area } from "./rectangle.ts";

export type ViewerMessage =
  | { readonly kind: "format"; readonly bytes: Buffer }
  | { readonly kind: "encodings"; readonly encodings: readonly number[] }
  | { readonly kind: "request"; readonly incremental: boolean; readonly area: Area }
  /** Changes something in the guest: keys, the pointer, copied text, power, the screen's size. The whole message. */
  | { readonly kind: "act"; readonly act: Act; readonly bytes: Buffer }
  /** About sound: begin (0), end (1), the format (2). A viewer hears over a socket of its own. */
  | { readonly kind: "sound"; readonly operation: number }
  /** Something that was not negotiated here, and that has no effect. */
  | { readonly kind: "nothing" };

export type Act = "key" | "pointer" | "text" | "power" | "size";

/** Is it something that somebody does? Merely moving the pointer is nothing. */
export const isInput = (act: Act, bytes: Buffer): boolean =>
  act === "key" || (act === "pointer" && bytes[1] !== 0);

/** Encodings that one viewer may name; noVNC names some thirty. */
const mostEncodings = 256;
/** The longest message: a copied text. */
export const longestViewerMessage = longestCutText;

const refuse = (reason: string) => new LodgeError("console.protocol", { who: "the viewer", reason });

export function* viewerMessage(): Reading<ViewerMessage> {
  const first = yield 1;
  switch (first[0]) {
    case 0:
      return { kind: "format", bytes: (yield 3 + formatLength).subarray(3) };
    case 2:
      return { kind: "encodings", encodings: yield* encodings() };
    case 3:
      return request(yield 9);
    case 4:
      return act("key", first, yield 7);
    case 5:
      return act("pointer", first, yield 5);
    case 6: {
      const head = yield 7;
      return act("text", first, head, yield Math.abs(head.readInt32BE(3)));
    }
    case 150:
      yield 9;
      return { kind: "nothing" };
    case 248:
      yield (yield 8)[7]!;
      return { kind: "nothing" };
    case 250:
      return act("power", first, yield 3);
    case 251: {
      const head = yield 7;
      return act("size", first, head, yield head[5]! * 16);
    }
    case 255:
      return yield* qemu(first);
    default:
      throw refuse(`there is no message ${first[0]}`);
  }
}

const act = (kind: Act, ...pieces: Buffer[]): ViewerMessage => ({
  kind: "act",
  act: kind,
  bytes: Buffer.concat(pieces),
});

const request = (rest: Buffer): ViewerMessage => ({
  kind: "request",
  incremental: rest[0] !== 0,
  area: {
    x: rest.readUInt16BE(1),
    y: rest.readUInt16BE(3),
    width: rest.readUInt16BE(5),
    height: rest.readUInt16BE(7),
  },
});

function* encodings(): Reading<number[]> {
  const count = (yield 3).readUInt16BE(1);
  if (count > mostEncodings) throw refuse(`it names ${count} encodings`);
  const list = yield count * 4;
  return Array.from({ length: count }, (_, index) => list.readInt32BE(index * 4));
}

/** QEMU's own: 255, 0 is a key with its scan code; 255, 1 is about sound, which is not offered. */
function* qemu(first: Buffer): Reading<ViewerMessage> {
  const kind = yield 1;
  if (kind[0] === 0) return act("key", first, kind, yield 10);
  if (kind[0] !== 1) throw refuse(`there is no message 255, ${kind[0]}`);
  const operation = (yield 2).readUInt16BE(0);
  if (operation === 2) yield 6;
  return { kind: "sound", operation };
}
