/**
 * Where the viewer's picture is not exact, and when it is time to make it so. Pure. QEMU does this by itself only after
 * two seconds.
 */
import type { Area } from "./rfb/rectangle.ts";

/** Milliseconds without a further inexact rectangle after which what is left of them is repaired. */
const quiet = 300;

export class LossyArea {
  #area: Area | undefined;
  #last = 0;

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
    return area;
  }

  /** Everything is sent anew. */
  clear(): void {
    this.#area = undefined;
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
