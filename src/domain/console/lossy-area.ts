/**
 * Where the viewer's picture is not exact, and when it is time to make it so. Pure. QEMU does this by itself only after
 * two seconds, and then once more: it does not know of this repair, and sends what it sent with loss again, with loss where
 * that is allowed by then. So it is not, until that has come.
 *
 *   with loss ── at rest for 0.3 s: repaired ──► exact ── 3 s, or the picture moves again ──► with loss
 */
import type { Area } from "./rfb/rectangle.ts";

/** Milliseconds without a further inexact rectangle after which what is left of them is repaired. */
const quiet = 300;
/** Milliseconds after which QEMU has repaired by itself: each half second it looks for what is two seconds old. */
const own = 3000;
/** The picture moves where so many updates came within so many milliseconds, each of so many pixels or more. */
const motion = { updates: 4, within: 500, pixels: 16_384 };

export class LossyArea {
  #area: Area | undefined;
  #last = 0;
  #exactUntil = -Infinity;
  /** When large updates came that are exact. */
  #large: number[] = [];

  /** An inexact rectangle was sent. */
  add(now: number, area: Area): void {
    this.#area = this.#area ? around(this.#area, area) : area;
    this.#last = now;
  }

  /** The area to send again without loss, once it has been quiet; it counts as repaired then. */
  take(now: number): Area | undefined {
    if (!this.#area || now - this.#last < quiet) return undefined;
    const area = this.#area;
    this.#area = undefined;
    this.#exactUntil = now + own;
    this.#large = [];
    return area;
  }

  /** Is nothing with loss to be sent now? */
  isExact(now: number): boolean {
    return now < this.#exactUntil;
  }

  /** An update came: pictures that move again are sent as before. */
  updated(now: number, areas: readonly Area[]): void {
    const pixels = areas.reduce((all, { width, height }) => all + width * height, 0);
    if (!this.isExact(now) || pixels < motion.pixels) return;
    this.#large = [...this.#large.filter((at) => now - at < motion.within), now];
    if (this.#large.length >= motion.updates) this.#exactUntil = now;
  }

  /** Everything is sent anew. */
  clear(): void {
    this.#area = undefined;
    this.#exactUntil = -Infinity;
  }
}

/** The smallest area that both are in. */
export function around(a: Area, b: Area): Area {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
