/**
 * Asks a desktop's user whether somebody may look on, at all of his pages; the first answer counts.
 *
 *   asked ──► yes or no, by any page of his
 *     ├─────► no answer in a minute, or his last page has gone: no
 *     └─────► whoever asked has gone: void
 */
import { LodgeError } from "#contract/errors";
import { newId } from "#base/ids";
import type { DesktopLines, LineReader } from "./lines.ts";

/** Milliseconds. */
export const patience = 60_000;

export interface Question {
  /** Who wants to look on. */
  readonly by: string;
  readonly control: boolean;
}

interface Open extends Question {
  readonly desktop: string;
  readonly settle: (yes: boolean) => void;
}

export class Consents {
  readonly #lines: DesktopLines;
  readonly #open = new Map<string, Open>();

  constructor(lines: DesktopLines) {
    this.#lines = lines;
    lines.onLeft((desktop) => {
      for (const open of this.#open.values()) if (open.desktop === desktop) open.settle(false);
    });
  }

  /** Resolves to what he says. @throws LodgeError desktop.nobody_there; why `signal` was aborted */
  async ask(desktop: string, { by, control }: Question, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const id = newId("q");
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#open.set(id, { desktop, by, control, settle: resolve });
    const late = setTimeout(() => resolve(false), patience);
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    try {
      if (!this.#lines.send(desktop, { type: "shadow-asked", id, by, control }))
        throw new LodgeError("desktop.nobody_there");
      return await promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", leave);
      this.#open.delete(id);
      this.#lines.send(desktop, { type: "shadow-settled", id });
    }
  }

  /** What a page of that desktop says; of a question that is none of its own, or that is settled, nothing comes. */
  answer(desktop: string, id: string, yes: boolean): void {
    const open = this.#open.get(id);
    if (open?.desktop === desktop) open.settle(yes);
  }

  /** Asks a page that comes just now, too. */
  repeat(desktop: string, reader: LineReader): void {
    for (const [id, { desktop: of, by, control }] of this.#open)
      if (of === desktop) reader({ type: "shadow-asked", id, by, control });
  }
}
