/**
 * How large the guest's screen should be, where several watch it: as whoever acted last wishes. A window that is dragged
 * wishes many sizes, of which the one counts at which it stays. Pure.
 */
import { isSame, type Monitors, type Size } from "./screen-size.ts";

/** Milliseconds for which a wish has to stay the same. */
const rest = 200;
/** The least that a desktop can be used in. */
const least = { width: 320, height: 240 };
/** Pixels: the usual graphics card has 16 MiB, and Linux wants to have a screen in them twice (bochs_drv.c). */
const mostOfOne = 2_097_152;
/** QEMU's VNC server shows no more of a line or a column than these. */
const widest = { width: 5120, height: 2160 };

export class ScreenWish<Viewer> {
  readonly #wishes = new Map<Viewer, Monitors>();
  #actor: Viewer | undefined;
  #set: Monitors | undefined;
  #due: { readonly monitors: Monitors; readonly at: number } | undefined;

  /** Returns whether this viewer has a say. */
  wish(now: number, viewer: Viewer, monitors: Monitors): boolean {
    this.#wishes.set(viewer, monitors);
    if (this.#actor !== undefined && this.#actor !== viewer) return false;
    this.#due = { monitors, at: now + rest };
    return true;
  }

  acted(now: number, viewer: Viewer): void {
    if (this.#actor === viewer) return;
    this.#actor = viewer;
    this.#plan(now);
  }

  leave(viewer: Viewer): void {
    this.#wishes.delete(viewer);
    if (this.#actor === viewer) this.#actor = undefined;
  }

  /** Another one does what is wished, and does not know what was done. */
  again(now: number): void {
    this.#set = undefined;
    this.#plan(now);
  }

  /** What is to be set now, once: as it was wished, possible or not. */
  take(now: number): Monitors | undefined {
    if (!this.#due || now < this.#due.at) return undefined;
    const { monitors } = this.#due;
    this.#due = undefined;
    this.#set = monitors;
    return monitors;
  }

  #plan(now: number): void {
    const wish =
      this.#actor === undefined ? [...this.#wishes.values()].at(-1) : this.#wishes.get(this.#actor);
    if (!wish) return;
    const isSet = this.#set !== undefined && isSame(wish, this.#set);
    this.#due = isSet ? undefined : { monitors: wish, at: now };
  }
}

/**
 * The nearest that a guest can have, each width a multiple of 8, as modes have it.
 *
 * @param room For how many monitors its graphics card is made: that of one has memory for less.
 */
export function possible([first, ...further]: Monitors, room: number): Monitors {
  const count = 1 + further.length;
  if (room > 1) return [one(first, count), ...further.map((each) => one(each, count))];
  const size = one(first, 1);
  if (size.width * size.height <= mostOfOne) return [size];
  const shrink = Math.sqrt(mostOfOne / (size.width * size.height));
  return [one({ width: size.width * shrink, height: size.height * shrink }, 1)];
}

/** Of so many, which share a line. */
function one({ width, height }: Size, count: number): Size {
  const within = (value: number, from: number, to: number) => Math.min(Math.max(value, from), to);
  const size = {
    width: within(width, least.width, widest.width / count),
    height: within(height, least.height, widest.height),
  };
  return { width: Math.floor(size.width / 8) * 8, height: Math.floor(size.height) };
}
