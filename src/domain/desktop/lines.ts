/** Whoever is told what becomes of a desktop: the pages that show it. */
import { LodgeError } from "#contract/errors";
import type { Desktop } from "#contract/schema/desktop";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import type { EndReason } from "./end.ts";

export type LineReader = (frame: DesktopLineFromServer) => void;

export class DesktopLines {
  readonly #readers = new Map<string, Set<LineReader>>();
  readonly #leaving = new Set<(desktop: string) => void>();

  /** Until the function that is returned is called. */
  open(desktop: string, reader: LineReader): () => void {
    const readers = this.#readers.get(desktop) ?? new Set();
    this.#readers.set(desktop, readers.add(reader));
    return () => {
      readers.delete(reader);
      if (readers.size > 0) return;
      this.#readers.delete(desktop);
      for (const tell of this.#leaving) tell(desktop);
    };
  }

  /** Is it open anywhere? */
  has(desktop: string): boolean {
    return this.#readers.has(desktop);
  }

  /** Told when the last page of a desktop has gone. */
  onLeft(listener: (desktop: string) => void): void {
    this.#leaving.add(listener);
  }

  /** Whenever a desktop is another. */
  tell(desktop: Desktop): void {
    const { announced } = desktop;
    this.send(desktop.id, { type: "desktop", desktop });
    this.send(desktop.id, { type: "announced", ...(announced ? { announced } : {}) });
  }

  ended(id: string, why: EndReason): void {
    this.send(id, { type: "ended", why });
  }

  /** @throws LodgeError desktop.nobody_there */
  message(id: string, from: string, text: string, at: string): void {
    if (!this.send(id, { type: "message", from, text, at })) throw new LodgeError("desktop.nobody_there");
  }

  /** To all pages of a desktop; false: there is none. */
  send(id: string, frame: DesktopLineFromServer): boolean {
    const readers = this.#readers.get(id);
    for (const read of readers ?? []) read(frame);
    return readers !== undefined;
  }
}
