/** Guests' sound, and who listens to it. */
import { LodgeError } from "#contract/errors";
import type { Log } from "#base/log";
import { closeViewer } from "../close-viewer.ts";
import type { Displays, Shown } from "../displays.ts";
import type { ViewerSocket } from "../viewer-socket.ts";
import { GuestSound } from "./guest-sound.ts";

/** Of one guest. */
const mostListeners = 16;

export interface SoundsParts {
  readonly displays: Pick<Displays, "redeem" | "requireWatchable" | "nextQemu">;
  readonly log: Log;
}

interface Heard {
  readonly sound: GuestSound;
  /** Resolves, or rejects, at its end. */
  readonly ended: Promise<void>;
}

export class Sounds {
  readonly #parts: SoundsParts;
  readonly #heard = new Map<string, Heard>();

  constructor(parts: SoundsParts) {
    this.#parts = parts;
  }

  /** Lets somebody hear a guest until one of them goes, and closes the socket. */
  async listen(ref: string, shown: Shown, socket: ViewerSocket): Promise<void> {
    try {
      await this.#parts.displays.redeem(ref, shown);
      const { id, name, machine } = await this.#parts.displays.requireWatchable(ref);
      if (!machine.sound) throw new LodgeError("console.no_sound", { guest: name });
      await this.#hear(id, name, socket);
    } catch (error) {
      closeViewer(socket, error, this.#parts.log);
    }
  }

  async #hear(id: string, name: string, socket: ViewerSocket): Promise<void> {
    const heard = this.#heard.get(id) ?? this.#begin(id);
    if (heard.sound.listeners >= mostListeners)
      throw new LodgeError("console.too_many", { guest: name, limit: mostListeners });
    const gone = Promise.withResolvers<never>();
    const leave = () => gone.reject(socket.gone.reason as Error);
    heard.sound.add(socket);
    try {
      socket.gone.addEventListener("abort", leave, { once: true });
      socket.onBytes(() => undefined);
      if (socket.gone.aborted) leave();
      await Promise.race([gone.promise, heard.ended]);
    } finally {
      socket.gone.removeEventListener("abort", leave);
      heard.sound.remove(socket);
      if (heard.sound.listeners === 0) heard.sound.end();
      if (heard.sound.listeners === 0 && this.#heard.get(id) === heard) this.#heard.delete(id);
    }
  }

  #begin(id: string): Heard {
    const sound = new GuestSound((signal) => this.#parts.displays.nextQemu(id, signal));
    const ended = sound.run();
    // Whoever listens is told; once nobody does, nobody asks.
    ended.catch(() => undefined);
    const heard = { sound, ended };
    this.#heard.set(id, heard);
    return heard;
  }
}
