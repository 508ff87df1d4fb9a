/**
 * How large the guest's screen should be, where several watch it: as whoever acted last wishes. A window that is dragged
 * wishes many sizes, of which the one counts at which it stays. Pure.
 */
import type { Size } from "./screen-size.ts";

/** Milliseconds for which a wish has to stay the same. */
const rest = 200;
/** The least that a desktop can be used in. */
const least = { width: 320, height: 240 };
/**
 * Pixels: the graphics card has 16 MiB, and Linux wants to have a screen in them twice (bochs_drv.c). QEMU's VNC server
 * shows no more of a line or a column than these.
 */
const most = 2_097_152;
const widest = { width: 5120, height: 2160 };

export class ScreenWish<Viewer> {
  readonly #wishes = new Map<Viewer, Size>();
  #actor: Viewer | undefined;
  #set: Size | undefined;
  #due: { readonly size: Size; readonly at: number } | undefined;

  /** Returns whether this viewer has a say. */
  wish(now: number, viewer: Viewer, size: Size): boolean {
    this.#wishes.set(viewer, size);
    if (this.#actor !== undefined && this.#actor !== viewer) return false;
    this.#due = { size: possible(size), at: now + rest };
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

  /** The size that is to be set now, once. */
  take(now: number): Size | undefined {
    if (!this.#due || now < this.#due.at) return undefined;
    const { size } = this.#due;
    this.#due = undefined;
    this.#set = size;
    return size;
  }

  #plan(now: number): void {
    const wish =
      this.#actor === undefined ? [...this.#wishes.values()].at(-1) : this.#wishes.get(this.#actor);
    if (!wish) return;
    const size = possible(wish);
    if (size.width !== this.#set?.width || size.height !== this.#set.height) this.#due = { size, at: now };
  }
}

/** The nearest size that a guest can have: its width a multiple of 8, as modes have it. */
export function possible({ width, height }: Size): Size {
  const within = (value: number, from: number, to: number) => Math.min(Math.max(value, from), to);
  let size = {
    width: within(width, least.width, widest.width),
    height: within(height, least.height, widest.height),
  };
  if (size.width * size.height > most) {
    const shrink = Math.sqrt(most / (size.width * size.height));
    size = { width: size.width * shrink, height: size.height * shrink };
  }
  return { width: Math.floor(size.width / 8) * 8, height: Math.floor(size.height) };
}
