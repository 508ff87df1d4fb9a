/** Several monitors of a desktop, side by side: each has a window. Pure. */
import type { Size } from "../../console/viewer.ts";

/** A monitor's part of the desktop's screen. */
export interface Part extends Size {
  readonly x: number;
}

/** The least that a desktop can be used in, and the most that QEMU's display shows. */
const least = { w: 320, h: 240 } as const;
const most = { w: 5120, h: 2160 } as const;

/** Where each is, and how large: as the gateway makes them of what is wished for (domain/console/screen-wish.ts). */
export function partsOf(windows: readonly [Size, ...Size[]]): readonly [Part, ...Part[]] {
  const within = (value: number, from: number, to: number) => Math.min(Math.max(value, from), to);
  let x = 0;
  const part = ({ w, h }: Size): Part => {
    const width = Math.floor(within(w, least.w, most.w / windows.length) / 8) * 8;
    const one = { x, w: width, h: Math.floor(within(h, least.h, most.h)) };
    x += width;
    return one;
  };
  const [first, ...further] = windows;
  return [part(first), ...further.map(part)];
}

export const wholeOf = (parts: readonly Part[]): Size => ({
  w: parts.reduce((sum, { w }) => sum + w, 0),
  h: Math.max(...parts.map(({ h }) => h)),
});

/** Is the desktop's screen arranged like this? */
export function isArranged(parts: readonly Part[], screen: Size | undefined): boolean {
  const { w, h } = wholeOf(parts);
  return screen !== undefined && screen.w === w && screen.h === h;
}

/** Where in the desktop's screen a point of a window is, which shows a part of it in an element of this size. */
export const placeIn = (part: Part, at: { x: number; y: number }, element: Size) => ({
  x: part.x + Math.floor(Math.min(part.w - 1, Math.max(0, (at.x * part.w) / element.w))),
  y: Math.floor(Math.min(part.h - 1, Math.max(0, (at.y * part.h) / element.h))),
});
