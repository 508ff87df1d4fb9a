/**
 * Lets what a key does overtake a video that fills a narrow link. Pure.
 *
 *   a key ──► for half a second: of each update what is exact goes first, as a message of its own
 *                                and, where no more frames may be under way, without the JPEG in it
 *
 * So one update more than that may be asked for: what is left of it is small, since QEMU sends JPEG for what keeps changing.
 * What was left out is asked for again as soon as there is room. Rectangles of one update do not overlap, and JPEG is part of
 * no stream: their order is free.
 */
import { around } from "./lossy-area.ts";
import { encoding } from "./rfb/encodings.ts";
import type { Area, Rectangle } from "./rfb/rectangle.ts";
import { isLossy } from "./rfb/tight.ts";

/** Milliseconds after a key. */
const lasting = 500;

/** Is it a JPEG? */
export const isInexact = ({ encoding: number, body }: Rectangle): boolean =>
  number === encoding.tight && isLossy(body[0]!);

export class Haste {
  #ends = -Infinity;
  #leftOut: Area | undefined;

  /** A key was pressed or let go. */
  begin(now: number): void {
    this.#ends = now + lasting;
  }

  isOn(now: number): boolean {
    return now < this.#ends;
  }

  /** The messages that an update is sent as; `hasRoom`: frames may be under way besides those that are. */
  inTurn(now: number, hasRoom: boolean, rectangles: readonly Rectangle[]): readonly (readonly Rectangle[])[] {
    const inexact = rectangles.filter(isInexact);
    if (!this.isOn(now) || inexact.length === 0) return [rectangles];
    const exact = rectangles.filter((each) => !isInexact(each));
    if (hasRoom) return [exact, inexact];
    for (const area of inexact) this.#leftOut = this.#leftOut ? around(this.#leftOut, area) : area;
    return [exact];
  }

  /** What was left out, to be asked for again; it counts as asked for then. */
  takeLeftOut(): Area | undefined {
    const area = this.#leftOut;
    this.#leftOut = undefined;
    return area;
  }
}
