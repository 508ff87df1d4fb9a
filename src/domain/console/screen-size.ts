/** The size of the screen, told to a viewer as rectangles without pixels: desktopSize and extendedDesktopSize. */
import { encoding, type Abilities } from "./rfb/encodings.ts";
import { rectangleHead, type Area, type Rectangle } from "./rfb/rectangle.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a guest's screen is made of, from left to right; all of it where there is one. */
export type Monitors = readonly [Size, ...Size[]];

/** More than these no guest has. */
export const mostMonitors = 4;

export const isSame = (one: Monitors, other: Monitors): boolean =>
  one.length === other.length &&
  one.every(({ width, height }, at) => width === other[at]!.width && height === other[at]!.height);

/**
 * A viewer's wish for a size, RFB's SetDesktopSize: that of the whole, and of each of its screens with its place. Where
 * there are several they are put side by side, in the order of their places.
 */
export function readWish(message: Buffer): Monitors {
  const screens = Array.from({ length: message[6]! }, (_, at) => {
    const place = 8 + 16 * at + 4;
    const [x, y, width, height] = [0, 2, 4, 6].map((offset) => message.readUInt16BE(place + offset));
    return { x: x!, y: y!, width: width!, height: height! };
  });
  const [first, ...further] = screens
    .toSorted((one, other) => one.x - other.x || one.y - other.y)
    .slice(0, mostMonitors)
    .map(({ width, height }) => ({ width, height }));
  if (first && further.length > 0) return [first, ...further];
  return [{ width: message.readUInt16BE(2), height: message.readUInt16BE(4) }];
}

export const isSize = ({ encoding: number }: Rectangle): boolean =>
  number === encoding.desktopSize || number === encoding.extendedDesktopSize;

/** Does it say that a viewer's wish for a size is not met, or not yet? (rfbproto: x is the reason, y how it went.) */
export const isRefusal = ({ encoding: number, x, y }: Rectangle): boolean =>
  number === encoding.extendedDesktopSize && x !== 0 && y !== 0;

/** Why a viewer's wish is not met (rfbproto): somebody else has the say; it was passed on, and may yet be. */
export const wishReason = { prohibited: 1, passedOn: 4 } as const;

/** The answer to a viewer's own wish: it goes with the size that the screen has for now. */
export function wishAnswer({ width, height }: Size, reason: number): Rectangle {
  const area = { x: 1, y: reason, width, height };
  return sizesOf(area);
}

/** A rectangle that tells the size; undefined where the viewer can be told of none. */
export function sizeRectangle({ width, height }: Size, abilities: Abilities): Rectangle | undefined {
  const area = { x: 0, y: 0, width, height };
  if (abilities.has(encoding.extendedDesktopSize)) {
    return sizesOf(area);
  }
  if (!abilities.has(encoding.desktopSize)) return undefined;
  const number = encoding.desktopSize;
  return { ...area, encoding: number, head: rectangleHead(area, number), body: [] };
}

/** An extendedDesktopSize of one screen, with the id 0, which is all of it. */
function sizesOf(area: Area): Rectangle {
  const body = Buffer.alloc(20);
  body[0] = 1;
  body.writeUInt16BE(area.width, 12);
  body.writeUInt16BE(area.height, 14);
  const number = encoding.extendedDesktopSize;
  return { ...area, encoding: number, head: rectangleHead(area, number), body: [body] };
}
