/** How large a desktop's screen is: as the window is, or as somebody chose. Pure. */
import type { Size } from "../../console/viewer.ts";

export const resolutions = ["window", "1280x720", "1600x900", "1920x1080"] as const;
export type Resolution = (typeof resolutions)[number];

/** Lines below which no desktop can be used: on a phone the picture is made smaller instead. */
const fewest = { w: 800, h: 600 } as const;
/** What QEMU's display takes at most. */
const most = { w: 5120, h: 2160 } as const;

/** Whole numbers, and an even width, which is what drivers like. */
export function wantedSize(window: Size, resolution: Resolution): Size {
  if (resolution !== "window") {
    const [w = 0, h = 0] = resolution.split("x").map(Number);
    return { w, h };
  }
  if (window.w < 1 || window.h < 1) return window;
  const [short, long] = [Math.min(window.w, window.h), Math.max(window.w, window.h)];
  const factor = Math.max(1, fewest.h / short, fewest.w / long);
  const even = (length: number) => 2 * Math.floor((length * factor) / 2);
  return { w: Math.min(most.w, even(window.w)), h: Math.min(most.h, even(window.h)) };
}
