/** The size of the screen, told to a viewer as rectangles without pixels: desktopSize and extendedDesktopSize. */
import { encoding, type Abilities } from "./rfb/encodings.ts";
import { rectangleHead, type Rectangle } from "./rfb/rectangle.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const isSize = ({ encoding: number }: Rectangle): boolean =>
  number === encoding.desktopSize || number === encoding.extendedDesktopSize;

/** Does it say that a viewer's wish for a size is not met, or not yet? (rfbproto: x is the reason, y how it went.) */
export const isRefusal = ({ encoding: number, x, y }: Rectangle): boolean =>
  number === encoding.extendedDesktopSize && x !== 0 && y !== 0;

/** A rectangle that tells the size; undefined where the viewer can be told of none. */
export function sizeRectangle({ width, height }: Size, abilities: Abilities): Rectangle | undefined {
  const area = { x: 0, y: 0, width, height };
  if (abilities.has(encoding.extendedDesktopSize)) {
    // One screen, with the id 0, which is all of it.
    const body = Buffer.alloc(20);
    body[0] = 1;
    body.writeUInt16BE(width, 12);
    body.writeUInt16BE(height, 14);
    const number = encoding.extendedDesktopSize;
    return { ...area, encoding: number, head: rectangleHead(area, number), body: [body] };
  }
  if (!abilities.has(encoding.desktopSize)) return undefined;
  const number = encoding.desktopSize;
  return { ...area, encoding: number, head: rectangleHead(area, number), body: [] };
}
