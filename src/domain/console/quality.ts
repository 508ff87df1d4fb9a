/**
 * How good the pictures are, by how late they come. Pure. QEMU sends JPEG only for what keeps changing, so text that is
 * typed stays exact at any quality.
 *
 *   frames late by 120 ms or more ──► one step worse, at most every 0.5 s
 *   by 40 ms or less ───────────────► one step better, at most every 1.5 s, up to what the viewer wants
 */
const late = 120;
const inTime = 40;
const worseAfter = 500;
const betterAfter = 1500;
/** Below this, text in moving pictures cannot be read any more. */
const worst = 1;

export class Quality {
  readonly #wanted: number;
  #level: number;
  #changed = -Infinity;

  constructor(wanted: number) {
    this.#wanted = wanted;
    this.#level = wanted;
  }

  get level(): number {
    return this.#level;
  }

  /** Takes note of how late frames are; true where the level is another now. */
  note(now: number, lag: number): boolean {
    const since = now - this.#changed;
    if (lag >= late && since >= worseAfter && this.#level > Math.min(worst, this.#wanted)) this.#level--;
    else if (lag <= inTime && since >= betterAfter && this.#level < this.#wanted) this.#level++;
    else return false;
    this.#changed = now;
    return true;
  }
}
