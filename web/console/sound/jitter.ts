/**
 * Samples on their way from a network that delivers them unevenly to a loudspeaker that takes them evenly. Pure.
 *
 *   filling ──70 ms are there──► playing ──none are left──► filling
 *
 * Two clocks are never the same: while more waits than 70 ms it is played a little faster, while less a little slower, by half a
 * percent at most, which nobody hears. Where more than a quarter of a second waits, what is too old is left out.
 */
export const rate = 48_000;
const target = (rate * 70) / 1000;
const most = rate / 4;
const size = rate;
const swiftest = 0.005;

export class Jitter {
  /** Left and right by turns, in a ring. */
  readonly #ring = new Int16Array(size * 2);
  /** Frames that were put in and taken out since the beginning; the second is between two of them. */
  #written = 0;
  #read = 0;
  #playing = false;

  /** Frames that wait. */
  get waiting(): number {
    return this.#written - this.#read;
  }

  /** Takes samples of the left and the right channel by turns. */
  push(samples: Int16Array): void {
    const frames = samples.length >> 1;
    for (let frame = 0; frame < frames; frame++) {
      const at = (this.#written++ % size) * 2;
      this.#ring[at] = samples[frame * 2]!;
      this.#ring[at + 1] = samples[frame * 2 + 1]!;
    }
    if (this.waiting > most) this.#read = this.#written - target;
  }

  /** Fills two channels, from -1 to 1; with silence where there is nothing to be heard. */
  pull(left: Float32Array, right: Float32Array): void {
    this.#playing ||= this.waiting >= target;
    const off = Math.max(-1, Math.min(1, (this.waiting - target) / target));
    const step = 1 + off * swiftest;
    for (let index = 0; index < left.length; index++) {
      // The sample after it is needed too.
      if (this.waiting < 2) this.#playing = false;
      left[index] = this.#playing ? this.#between(0) : 0;
      right[index] = this.#playing ? this.#between(1) : 0;
      if (this.#playing) this.#read += step;
    }
  }

  #between(channel: 0 | 1): number {
    const first = Math.floor(this.#read);
    const share = this.#read - first;
    const sample = (frame: number) => this.#ring[(frame % size) * 2 + channel]!;
    return (sample(first) * (1 - share) + sample(first + 1) * share) / 32_768;
  }
}
