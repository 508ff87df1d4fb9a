/** What QEMU's VNC server says after the handshake: RFC 6143, 7.6. */
import { LodgeError } from "#contract/errors";
import type { Reading } from "./byte-reader.ts";
import { encoding } from "./encodings.ts";
import type { PixelFormat } from "./pixel-format.ts";
import { rectangle, type Rectangle } from "./rectangle.ts";

export type ServerMessage =
  | { readonly kind: "update"; readonly rectangles: readonly Rectangle[] }
  /** A bell, text that the guest copied, an answer about power: passed on as it is. */
  | { readonly kind: "other"; readonly bytes: Buffer }
  /** Sound; without data that it begins or ends. */
  | { readonly kind: "sound"; readonly data?: Buffer };

const type = { update: 0, colours: 1, bell: 2, text: 3, xvp: 250, qemu: 255 } as const;

/** An update whose number of rectangles is this one ends with one that says that it is the last. */
const untilLast = 0xffff;

/** The longest message: a screen as large as QEMU's VNC can have, without any encoding, and something more. */
export const longestServerMessage = 64 * 1024 * 1024;

/** `format` is asked when an update begins: it may have been chosen while its first byte was waited for. */
export function* serverMessage(format: () => PixelFormat): Reading<ServerMessage> {
  const first = yield 1;
  switch (first[0]) {
    case type.update:
      return { kind: "update", rectangles: yield* update(format()) };
    case type.colours: {
      const head = yield 5;
      return { kind: "other", bytes: Buffer.concat([first, head, yield head.readUInt16BE(3) * 6]) };
    }
    case type.bell:
      return { kind: "other", bytes: first };
    case type.text: {
      const head = yield 7;
      // A negative length is that of a message of the extended clipboard.
      return { kind: "other", bytes: Buffer.concat([first, head, yield Math.abs(head.readInt32BE(3))]) };
    }
    case type.xvp:
      return { kind: "other", bytes: Buffer.concat([first, yield 3]) };
    case type.qemu:
      return yield* sound();
    default:
      throw new LodgeError("console.protocol", { who: "QEMU", reason: `there is no message ${first[0]}` });
  }
}

function* update(format: PixelFormat): Reading<Rectangle[]> {
  const count = (yield 3).readUInt16BE(1);
  const rectangles: Rectangle[] = [];
  while (rectangles.length < count) {
    const next = yield* rectangle(format);
    if (next.encoding === encoding.lastRect) break;
    rectangles.push(next);
    if (count === untilLast && rectangles.length === untilLast - 1) break;
  }
  return rectangles;
}

/** QEMU's own: 255, 1, and begin, end, or data with its length. */
function* sound(): Reading<ServerMessage> {
  const [submessage, , operation] = yield 3;
  if (submessage !== 1)
    throw new LodgeError("console.protocol", {
      who: "QEMU",
      reason: `there is no message 255, ${submessage}`,
    });
  if (operation === 2) return { kind: "sound", data: yield (yield 4).readUInt32BE(0) };
  return { kind: "sound" };
}

/** An update as it is sent. */
export function writeUpdate(rectangles: readonly Rectangle[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(rectangles.length, 2);
  return Buffer.concat([head, ...rectangles.flatMap((each) => [each.head, ...each.body])]);
}
