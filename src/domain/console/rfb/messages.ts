/** What the gateway says to QEMU, as a viewer of its own: RFC 6143, 7.5. */
import type { PixelFormat } from "./pixel-format.ts";
import type { Area } from "./rectangle.ts";

/**
 * A message that changes nothing: no sound, please, where there is none. QEMU looks at the screen every 30 ms only
 * while somebody says something other than that he wants to see, else ever more seldom (ui/vnc.c: vnc_refresh).
 */
export const nudge = Buffer.from([255, 1, 0, 1]);

/** QEMU's audio: samples of 16 bits with a sign (3), two channels, 48 kHz; and the word to begin (0). */
export const hearSound = Buffer.from([255, 1, 0, 2, 3, 2, 0, 0, 0xbb, 0x80, 255, 1, 0, 0]);

export function setPixelFormat({ bytes }: PixelFormat): Buffer {
  return Buffer.concat([Buffer.alloc(4), bytes]);
}

export function setEncodings(encodings: readonly number[]): Buffer {
  const message = Buffer.alloc(4 + encodings.length * 4);
  message[0] = 2;
  message.writeUInt16BE(encodings.length, 2);
  encodings.forEach((encoding, index) => message.writeInt32BE(encoding, 4 + index * 4));
  return message;
}

export function updateRequest(incremental: boolean, { x, y, width, height }: Area): Buffer {
  const message = Buffer.alloc(10);
  message[0] = 3;
  message[1] = incremental ? 1 : 0;
  [x, y, width, height].forEach((value, index) => message.writeUInt16BE(value, 2 + index * 2));
  return message;
}
