/**
 * Plays a recording:
 *
 *   opening ──► paused ◄──► playing ──► paused at the end
 *                 └── seek: from the key frame before it, in one go ──┘
 *
 * One run reads on from a key frame; another seek ends it and begins another.
 */
import { kind, readJson, type KeyFrame } from "#contract/recording/format";
import {
  blocksFrom,
  keyFor,
  openRecording,
  type PlacedBlock,
  type RecordingSource,
} from "#contract/recording/scan";

/** What frames are drawn on. */
export interface FrameScreen {
  draw(bytes: Uint8Array): Promise<void>;
  show(): void;
}

export interface PlaybackState {
  /** Milliseconds. */
  readonly time: number;
  readonly duration: number;
  readonly playing: boolean;
  /** The guest had no display then: it was stopped. */
  readonly away: boolean;
}

export interface PlaybackOptions {
  readonly source: RecordingSource;
  readonly screen: FrameScreen;
  turned(state: PlaybackState): void;
  failed(error: unknown): void;
  /** Calls back when the next picture of the page is due, with the time in milliseconds. */
  readonly frame?: (work: (now: number) => void) => void;
}

/** Where nothing changes for longer, that is passed over, if it is wished; so much of it is left at its end. */
const longPause = 1_500;
const leftOfPause = 500;

export class Playback {
  readonly #options: PlaybackOptions;
  readonly #frame: (work: (now: number) => void) => void;
  readonly #keys: readonly KeyFrame[];
  readonly #duration: number;
  #run: Run | undefined;
  #time = 0;
  #playing = false;
  speed = 1;
  skipsPauses = false;

  private constructor(options: PlaybackOptions, keys: readonly KeyFrame[], duration: number) {
    this.#options = options;
    this.#frame = options.frame ?? ((work) => requestAnimationFrame(work));
    this.#keys = keys;
    this.#duration = duration;
  }

  /** Shows its first picture. @throws LodgeError recording.damaged, and what reading throws. */
  static async open(options: PlaybackOptions): Promise<Playback> {
    const { keys, duration } = await openRecording(options.source);
    const playback = new Playback(options, keys, duration);
    await playback.seek(0);
    return playback;
  }

  get duration(): number {
    return this.#duration;
  }

  get time(): number {
    return this.#time;
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** From the beginning where it has ended. */
  async play(): Promise<void> {
    if (this.#playing) return;
    if (this.#time >= this.#duration) await this.seek(0);
    this.#playing = true;
    this.#tell();
    if (this.#run) void this.#go(this.#run);
  }

  pause(): void {
    this.#playing = false;
    this.#tell();
  }

  /** Resolves once the picture of that moment is shown, or another one is sought. */
  async seek(time: number): Promise<void> {
    this.#time = Math.max(0, Math.min(time, this.#duration));
    const key = keyFor(this.#keys, this.#time);
    if (!key) return;
    const run = new Run(this.#options, key.offset);
    this.#run = run;
    this.#tell();
    try {
      // What is shown before the first key frame is that one.
      await run.advance(Math.max(this.#time, key.time), () => this.#run === run);
    } catch (error) {
      if (this.#run === run) this.#fail(error);
      return;
    }
    if (this.#run !== run) return;
    this.#options.screen.show();
    this.#tell();
    if (this.#playing) void this.#go(run);
  }

  close(): void {
    this.#run = undefined;
    this.#playing = false;
  }

  async #go(run: Run): Promise<void> {
    const goesOn = () => this.#playing && this.#run === run;
    let before = await this.#nextFrame();
    while (goesOn()) {
      const now = await this.#nextFrame();
      if (!goesOn()) return;
      this.#time = Math.min(this.#duration, this.#pass(run, this.#time + (now - before) * this.speed));
      before = now;
      // Many frames behind: from a key frame on it is less to draw.
      const key = keyFor(this.#keys, this.#time);
      if (key && run.isBefore(key)) return void this.seek(this.#time);
      try {
        await run.advance(this.#time, goesOn);
      } catch (error) {
        return this.#fail(error);
      }
      if (!goesOn()) return;
      this.#options.screen.show();
      if (this.#time >= this.#duration) this.#playing = false;
      this.#tell();
    }
  }

  #pass(run: Run, time: number): number {
    const next = run.nextTime ?? this.#duration;
    return this.skipsPauses && next - time > longPause ? next - leftOfPause : time;
  }

  #nextFrame(): Promise<number> {
    return new Promise((resolve) => this.#frame(resolve));
  }

  #fail(error: unknown): void {
    this.close();
    this.#options.failed(error);
  }

  #tell(): void {
    this.#options.turned({
      time: this.#time,
      duration: this.#duration,
      playing: this.#playing,
      away: this.#run?.away ?? false,
    });
  }
}

/** Blocks from a key frame on, each drawn once its time has come. */
class Run {
  readonly #screen: FrameScreen;
  readonly #blocks: AsyncGenerator<PlacedBlock, void>;
  #next: PlacedBlock | undefined;
  #begun = false;
  away = false;

  constructor({ source, screen }: PlaybackOptions, offset: number) {
    this.#screen = screen;
    this.#blocks = blocksFrom(source, offset);
  }

  /** Is there something to draw before this key frame? */
  isBefore({ offset }: KeyFrame): boolean {
    return this.#next !== undefined && this.#next.offset < offset;
  }

  get nextTime(): number | undefined {
    return this.#next?.time;
  }

  async advance(time: number, goesOn: () => boolean): Promise<void> {
    if (!this.#begun) await this.#read();
    this.#begun = true;
    while (this.#next && this.#next.time <= time && goesOn()) {
      await this.#take(this.#next);
      await this.#read();
    }
  }

  async #take(block: PlacedBlock): Promise<void> {
    if (block.kind === kind.frame) {
      await this.#screen.draw(block.bytes);
      this.away = false;
    } else if (block.kind === kind.note) this.away = readJson(block.bytes)["is"] === "away";
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#blocks.next();
    this.#next = done || value.kind === kind.index ? undefined : value;
  }
}
