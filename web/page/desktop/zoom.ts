/** A part of the desktop, larger, as two fingers move and spread. Pure. */
export interface Zoom {
  /** 1: the whole of it. */
  readonly scale: number;
  /** Where its left upper corner is, in the window's pixels; never more than 0. */
  readonly x: number;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const whole: Zoom = { scale: 1, x: 0, y: 0 };
const largest = 5;

/**
 * What was under the fingers stays under them.
 *
 * @param from Where they were, and how far apart; `to`: where they are.
 */
export function zoomed(
  zoom: Zoom,
  from: Point & { readonly spread: number },
  to: Point & { readonly spread: number },
  window: { readonly w: number; readonly h: number },
): Zoom {
  const wanted = zoom.scale * (to.spread / Math.max(1, from.spread));
  const scale = Math.min(largest, Math.max(1, wanted));
  const place = (start: number, was: number, is: number, length: number) => {
    const moved = is - ((was - start) / zoom.scale) * scale;
    return Math.min(0, Math.max(length * (1 - scale), moved));
  };
  return {
    scale,
    x: place(zoom.x, from.x, to.x, window.w),
    y: place(zoom.y, from.y, to.y, window.h),
  };
}
