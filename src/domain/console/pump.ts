/**
 * How many frames may be under way to a viewer. Pure.
 *
 * QEMU answers a request with one frame. Were the viewer's own requests passed on, each frame would wait for a round trip
 * of the network. So the gateway asks by itself, beside QEMU, and takes the viewer's request for what it is: the word that
 * a frame has been drawn. Enough frames are under way to fill the round trip, and no more: what waits in a queue
 * on the way only makes keys late.
 *
 *   frames under way = 1 + round trip / (time between two frames, which a narrow link makes longer than QEMU's 30 ms),
 *   and at least two: while one is drawn, the next is on its way
 *
 * What begins to move comes without loss until QEMU has noticed it, half a second or more later: of frames that large, ten
 * a second are enough.
 */

/** Milliseconds between QEMU's looks at the screen (VNC_REFRESH_INTERVAL_BASE). */
const tick = 30;
const mostFrames = 12;
/** A frame of at most so many bytes takes no time worth mentioning on the way. */
const small = 4096;
/** A frame of as many bytes is followed by the next after a pause, in milliseconds. */
const large = 262_144;
const pause = 100;
/** How many of the last round trips the shortest is taken of. */
const remembered = 16;
/** Milliseconds after which frames that were never acknowledged are forgotten: not every viewer asks after each. */
const patience = 5000;

interface Frame {
  readonly at: number;
  /** It was alone on the way, and small: its acknowledgement tells the round trip. */
  readonly clean: boolean;
}

export class Pump {
  readonly #frames: Frame[] = [];
  #roundTrips: number[];
  #spacing = tick;
  #acknowledged: number | undefined;
  #lag = 0;
  #pausesUntil = -Infinity;

  /** `roundTrips`: milliseconds that the handshake's answers took. */
  constructor(roundTrips: readonly number[]) {
    this.#roundTrips = [...roundTrips];
  }

  /** Milliseconds to the viewer and back, with nothing in the way. */
  get roundTrip(): number {
    return Math.min(...this.#roundTrips, Infinity);
  }

  /** Milliseconds that frames lately took beyond the round trip: in queues, on a narrow link, in a slow browser. */
  get lag(): number {
    return this.#lag;
  }

  get underWay(): number {
    return this.#frames.length;
  }

  get window(): number {
    const trip = Number.isFinite(this.roundTrip) ? this.roundTrip : 0;
    return Math.min(mostFrames, 1 + Math.max(1, Math.ceil(trip / Math.max(tick, this.#spacing))));
  }

  /** May another frame be sent? */
  get hasRoom(): boolean {
    return this.#frames.length < this.window;
  }

  /** Was the last frame so large that the next has time? */
  pauses(now: number): boolean {
    return now < this.#pausesUntil;
  }

  sent(now: number, bytes: number): void {
    if (bytes >= large) this.#pausesUntil = now + pause;
    this.#frames.push({ at: now, clean: this.#frames.length === 0 && bytes <= small });
  }

  /** The viewer asks for the next frame: it has drawn the oldest of those that were under way. */
  acknowledged(now: number): void {
    const frame = this.#frames.shift();
    if (!frame) return;
    const took = now - frame.at;
    if (frame.clean) this.#roundTrips = [...this.#roundTrips, took].slice(-remembered);
    this.#lag += (Math.max(0, took - this.roundTrip) - this.#lag) / 4;
    // Between two acknowledgements with frames still under way lies what the link or the browser needs for one.
    if (this.#acknowledged !== undefined) this.#spacing += (now - this.#acknowledged - this.#spacing) / 4;
    this.#acknowledged = this.#frames.length > 0 ? now : undefined;
  }

  /** Forgets frames that nobody will acknowledge; only where nothing is left to be sent. */
  forget(now: number): void {
    while (this.#frames[0] && now - this.#frames[0].at > patience) this.#frames.shift();
  }
}
