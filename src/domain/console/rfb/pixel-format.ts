/** How a pixel is written: RFC 6143, 7.4. */
import { LodgeError } from "#contract/errors";

export interface PixelFormat {
  /** The 16 bytes that say so. */
  readonly bytes: Buffer;
  /** Bytes of a pixel. */
  readonly pixel: number;
  /** Bytes of a pixel in the encoding Tight: three where QEMU leaves out the one that says nothing. */
  readonly tightPixel: number;
}

export const formatLength = 16;

/** @throws LodgeError console.protocol where pixels are not of 8, 16 or 32 bits of colours. */
export function readPixelFormat(bytes: Buffer, who: string): PixelFormat {
  const bits = bytes[0]!;
  const trueColour = bytes[3] !== 0;
  const maxima = [4, 6, 8].map((at) => bytes.readUInt16BE(at));
  if (![8, 16, 32].includes(bits) || !trueColour) {
    const reason = `pixels of ${bits} bits${trueColour ? "" : " with a palette"} are not spoken here`;
    throw new LodgeError("console.protocol", { who, reason });
  }
  const pixel = bits / 8;
  // QEMU's rule (ui/vnc-enc-tight.c): it does not look at the depth.
  const tightPixel = pixel === 4 && maxima.every((maximum) => maximum === 255) ? 3 : pixel;
  return { bytes: Buffer.from(bytes), pixel, tightPixel };
}
