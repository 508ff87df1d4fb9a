/**
 * Samples on their way from a network that delivers them unevenly to a loudspeaker that takes them evenly. Pure.
 *
 *   filling ──so much as is to wait is there──► playing ──none is left──► filling
 *
 * 40 ms are to wait, and 20 ms more after each time that what came was late, up to 150; 5 ms less again after each 5 s in which nothing was.
 * Two clocks are never the same: while more waits it is played a little faster, while less a little slower, by half a percent at
 * most, which nobody hears. Where more than a quarter of a second waits, what is too old is left out.
 */
export const rate = 48_000;
const frames = (milliseconds: number): number => (rate * milliseconds) / 1000;
const leastTarget = frames(40);
const mostTarget = frames(150);
const later = frames(20);
const sooner = frames(5);
const calm = frames(5_000);
/** What comes within this after none was left was late; after more it is another sound. */
const gap = frames(200);
const most = frames(250);
const size = rate;
const swiftest = 0.005;

export class Jitter {
  /** Left and right by turns, in a ring. */
  readonly #ring = new Int16Array(size * 2);
  /** Frames that were put in and taken out since the beginning; the second is between two of them. */
  #written = 0;
  #read = 0;
  #playing = false;
  #target = leastTarget;
  /** Frames that were asked for since the beginning: the time here. */
  #asked = 0;
  /** When none was left, until more comes; and when it was said last how many are to wait. */
  #dryAt = -Infinity;
  #changedAt = 0;

  /** Frames that wait. */
  get waiting(): number {
    return this.#written - this.#read;
  }

  /** Takes samples of the left and the right channel by turns. */
  push(samples: Int16Array): void {
    this.#expect();
    for (let frame = 0; frame < samples.length >> 1; frame++) {
      const at = (this.#written++ % size) * 2;
      this.#ring[at] = samples[frame * 2]!;
      this.#ring[at + 1] = samples[frame * 2 + 1]!;
    }
    if (this.waiting > most) this.#read = this.#written - this.#target;
  }

  /** Something has come: how much is to wait from now on? */
  #expect(): void {
    if (this.#asked - this.#dryAt < gap) this.#wait(this.#target + later);
    else if (this.#asked - this.#changedAt > calm) this.#wait(this.#target - sooner);
  }

  #wait(target: number): void {
    this.#target = Math.max(leastTarget, Math.min(mostTarget, target));
    this.#changedAt = this.#asked;
    this.#dryAt = -Infinity;
  }

  /** Fills two channels, from -1 to 1; with silence where there is nothing to be heard. */
  pull(left: Float32Array, right: Float32Array): void {
    this.#playing ||= this.waiting >= this.#target;
    const off = Math.max(-1, Math.min(1, (this.waiting - this.#target) / this.#target));
    const step = 1 + off * swiftest;
    for (let index = 0; index < left.length; index++) {
      // The sample after it is needed too.
      if (this.waiting < 2) this.#stop();
      left[index] = this.#playing ? this.#between(0) : 0;
      right[index] = this.#playing ? this.#between(1) : 0;
      if (this.#playing) this.#read += step;
    }
    this.#asked += left.length;
  }

  #stop(): void {
    if (this.#playing) this.#dryAt = this.#asked;
    this.#playing = false;
  }

  #between(channel: 0 | 1): number {
    const first = Math.floor(this.#read);
    const share = this.#read - first;
    const sample = (frame: number) => this.#ring[(frame % size) * 2 + channel]!;
    return (sample(first) * (1 - share) + sample(first + 1) * share) / 32_768;
  }
}
