/**
 * What one guest plays, for all who listen: one connection to QEMU, which asks for sound and never for a picture.
 *
 *   gateway                                          QEMU
 *     | -- encodings: its audio --------------------> |
 *     | <------------------- a rectangle: it has it - |
 *     | -- 16 bits, two channels, 48 kHz; begin ----> |
 *     | <-- begin, data, data, … end ---------------- |    while the guest plays something
 *
 * A listener that is behind misses what does not fit; nobody waits for it, and no picture does.
 */
import { hasCode } from "#contract/errors";
import type { QemuDisplay } from "../qemu-display.ts";
import { encoding } from "../rfb/encodings.ts";
import { hearSound, setEncodings } from "../rfb/messages.ts";
import type { ViewerSocket } from "../viewer-socket.ts";

/** Bytes that may wait for a listener: half a second. */
const mostBuffered = 96_000;

export type Listener = Pick<ViewerSocket, "buffered" | "send">;

export class GuestSound {
  readonly #listeners = new Set<Listener>();
  readonly #over = new AbortController();
  readonly #next: (signal: AbortSignal) => Promise<QemuDisplay>;

  /** `next` is the next QEMU of the guest, once there is one; it throws guest.not_found where the guest is removed. */
  constructor(next: (signal: AbortSignal) => Promise<QemuDisplay>) {
    this.#next = next;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  end(): void {
    this.#over.abort();
  }

  /** Runs until it is ended. @throws LodgeError guest.not_found */
  async run(): Promise<void> {
    const { signal } = this.#over;
    try {
      for (;;) await this.#hear(await this.#next(signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Returns once this QEMU has gone. */
  async #hear(qemu: QemuDisplay): Promise<void> {
    const { format } = qemu.screen;
    try {
      qemu.send(setEncodings([encoding.qemuAudio]));
      for (;;) {
        const message = await qemu.next(() => format);
        if (message.kind === "update") {
          if (message.rectangles.some((each) => each.encoding === encoding.qemuAudio)) qemu.send(hearSound);
        } else if (message.kind === "sound" && message.data) this.#tell(message.data);
      }
    } catch (error) {
      if (!hasCode(error, "host.qemu_gone")) throw error;
      this.#over.signal.throwIfAborted();
    } finally {
      qemu.close();
    }
  }

  #tell(data: Buffer): void {
    for (const listener of this.#listeners)
      if (listener.buffered + data.length <= mostBuffered) void listener.send(data);
  }
}
