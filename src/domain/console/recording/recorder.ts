/**
 * Watches a guest's display as one more viewer, without hands, and writes down what it shows. It stays when the guest has
 * another QEMU, as viewers do.
 *
 *   recorder                          QEMU
 *     | -- all of it, please ---------> |     at first, after another size, and once what came since
 *     | <-------------- key frame ----- |     the last key frame takes long to draw again
 *     | -- what is new, please -------> |     0.1 s after the frame before, and once that one is on the disk
 *     | -- nudge, every 0.2 s --------> |     or QEMU looks at its screen ever more seldom
 *     | <------------------ frame ----- |     once there is something new; nothing is written until then
 */
import { hasCode } from "#contract/errors";
import { kind, writeJson } from "#contract/recording/format";
import type { EndReason } from "#contract/schema/recording";
import type { Clock } from "#base/clock";
import type { QemuDisplay } from "../qemu-display.ts";
import { encoding } from "../rfb/encodings.ts";
import { nudge, setEncodings, setPixelFormat, updateRequest } from "../rfb/messages.ts";
import { readPixelFormat } from "../rfb/pixel-format.ts";
import type { Rectangle } from "../rfb/rectangle.ts";
import { writeUpdate, type ServerMessage } from "../rfb/server-message.ts";
import { isRefusal, isSize, type Size } from "../screen-size.ts";
import type { RecordingFile } from "./recording-file.ts";

/** Milliseconds between two frames: ten a second are enough to see what was done, and a third of the work. */
const pace = 100;
const nudgeEvery = 200;
/** What may come after a key frame before the next one: so much is read and drawn to show a moment before that. */
const mostFrames = 64;
const mostBytes = 1024 * 1024;

/** 32 bits, 0x00RRGGBB, little-endian. */
const format = readPixelFormat(
  Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
  "the recorder",
);

/**
 * TightPNG, since each of its rectangles can be drawn by itself: Tight's and ZRLE's go on with streams that are as long as the
 * connection. Compression 4 is the best that has PNGs made without trying filters; JPEG is for what keeps changing, and QEMU
 * sends that again exactly once it rests.
 */
const encodings = [
  encoding.tightPng,
  encoding.raw,
  encoding.desktopSize,
  encoding.compressLevel0 + 4,
  encoding.qualityLevel0 + 6,
  encoding.qemuAudio,
];

export interface RecorderParts {
  readonly file: RecordingFile;
  readonly clock: Clock;
  /** Milliseconds that it may last. */
  readonly longest: number;
  /** The next QEMU of the guest, once there is one. @throws LodgeError guest.not_found where it is removed. */
  readonly next: (signal: AbortSignal) => Promise<QemuDisplay>;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #over = new AbortController();
  readonly #began: number;
  #reason: EndReason = "failed";
  #size: Size = { width: 0, height: 0 };
  #needsKey = true;
  #sinceKey = { frames: 0, bytes: 0 };

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#began = parts.clock.monotonic();
  }

  /** Milliseconds since its start. */
  get elapsed(): number {
    return Math.round(this.#parts.clock.monotonic() - this.#began);
  }

  /** Ends it. The first reason counts. */
  stop(reason: EndReason): void {
    if (this.#over.signal.aborted) return;
    this.#reason = reason;
    this.#over.abort();
  }

  /** Runs until it is stopped, may not go on, or the guest is removed; resolves to which. Rejects where something failed. */
  async run(): Promise<EndReason> {
    const { clock, longest, next } = this.#parts;
    const { signal } = this.#over;
    clock.sleep(longest, signal).then(
      () => this.stop("duration"),
      () => undefined,
    );
    try {
      for (let first = true; ; first = false) {
        const qemu = await next(signal);
        if (!first) await this.#note("back");
        await this.#record(qemu);
        await this.#note("away");
      }
    } catch (error) {
      if (signal.aborted) return this.#reason;
      this.stop("failed");
      if (hasCode(error, "guest.not_found")) return "guest-removed";
      throw error;
    }
  }

  /** Returns once this QEMU has gone. */
  async #record(qemu: QemuDisplay): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#over;
    const timer = setInterval(() => {
      if (!qemu.isFull) qemu.send(nudge);
    }, nudgeEvery);
    this.#size = qemu.screen;
    this.#needsKey = true;
    try {
      qemu.send(setPixelFormat(format));
      qemu.send(setEncodings(encodings));
      for (;;) {
        const whole = this.#needsKey;
        qemu.send(updateRequest(!whole, { x: 0, y: 0, ...this.#size }));
        await this.#write(await this.#answer(qemu), whole);
        await clock.sleep(pace, signal);
      }
    } catch (error) {
      if (signal.aborted || !hasCode(error, "host.qemu_gone")) throw error;
    } finally {
      clearInterval(timer);
      qemu.close();
    }
  }

  /** The rectangles that answer a request. */
  async #answer(qemu: QemuDisplay): Promise<readonly Rectangle[]> {
    for (;;) {
      const message = await qemu.next(() => format);
      this.#over.signal.throwIfAborted();
      const rectangles = this.#seen(message);
      if (rectangles.length > 0) return rectangles;
    }
  }

  #seen(message: ServerMessage): readonly Rectangle[] {
    if (message.kind !== "update") return [];
    for (const each of message.rectangles) {
      if (!isSize(each) || isRefusal(each)) continue;
      if (each.width === this.#size.width && each.height === this.#size.height) continue;
      this.#size = { width: each.width, height: each.height };
      this.#needsKey = true;
    }
    return message.rectangles.filter(
      (each) => each.encoding === encoding.tightPng || each.encoding === encoding.raw,
    );
  }

  async #write(rectangles: readonly Rectangle[], whole: boolean): Promise<void> {
    const { width, height } = this.#size;
    const update = writeUpdate(rectangles);
    const bytes = Buffer.alloc(4 + update.length);
    bytes.writeUInt16BE(width, 0);
    bytes.writeUInt16BE(height, 2);
    update.copy(bytes, 4);
    const isKey = whole && covers(rectangles, this.#size);
    // What came before the first key frame of another size could be drawn on nothing.
    if (this.#needsKey && !isKey) return;
    this.#needsKey = false;
    await this.#append({ kind: kind.frame, bytes, isKey });
    if (isKey) this.#sinceKey = { frames: 0, bytes: 0 };
    this.#sinceKey.frames++;
    this.#sinceKey.bytes += isKey ? 0 : bytes.length;
    this.#needsKey = this.#sinceKey.frames > mostFrames || this.#sinceKey.bytes > mostBytes;
  }

  #note(is: "away" | "back"): Promise<void> {
    return this.#append({ kind: kind.note, bytes: writeJson({ is }) });
  }

  async #append(block: { kind: number; bytes: Uint8Array; isKey?: boolean }): Promise<void> {
    const full = await this.#parts.file.append({ ...block, time: this.elapsed });
    if (full === undefined) return;
    this.stop(full);
    this.#over.signal.throwIfAborted();
  }
}

/** Is all of the screen in them? QEMU's rectangles of one update do not overlap. */
function covers(rectangles: readonly Rectangle[], { width, height }: Size): boolean {
  const area = rectangles.reduce((sum, each) => sum + each.width * each.height, 0);
  return area >= width * height;
}
