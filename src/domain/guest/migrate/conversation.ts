/**
 * What the two hosts of a move say to each other while it is under way, as lines of JSON over one connection. That it ends
 * is how either hears of the other's end.
 *
 *   source                                       target
 *     │                    ◄── wants  which files, that are not there yet; a connection for disks
 *     │ (each file over a connection of its own)
 *     │ sent ──────────────►
 *     │                    ◄── ready  its QEMU waits (or it is all there: of a guest at rest)
 *     │ (memory and disks, over connections of their own; direct.ts)
 *     │ disks ─────────────►   they are equal, and nobody writes to them any more
 *     │ flows ─────────────►   the connections that it has: some go on through the source
 *     │                    ◄── came   all of it is loaded and on the disk; it stands still
 *     │ (the commit, in the store)
 *     │                    ◄── on     it runs there
 *     │                    ◄── failed at any time before: why
 */
import type { Duplex } from "node:stream";
import { createInterface } from "node:readline";
import { LodgeError, type Problem } from "#contract/errors";
import type { GuestFlows } from "../../network/networks.ts";
import type { DirectOffer } from "./direct.ts";

export type Line =
  | { readonly say: "wants"; readonly files: readonly string[]; readonly direct?: DirectOffer }
  /** `direct`: the offer is taken; and once it is ready, it is held to. */
  | { readonly say: "sent"; readonly direct?: true }
  | { readonly say: "ready"; readonly direct?: true }
  | { readonly say: "disks" }
  | { readonly say: "flows"; readonly flows: GuestFlows }
  | { readonly say: "came" }
  | { readonly say: "on" }
  | { readonly say: "failed"; readonly problem: Problem };

export type Saying = Exclude<Line["say"], "failed">;
type LineOf<S extends Saying> = Extract<Line, { readonly say: S }>;

export class Conversation {
  readonly #stream: Duplex;
  readonly #heard: Line[] = [];
  /** Called when something came, or nothing will any more. */
  #wake: () => void = () => undefined;
  #over: LodgeError | undefined;
  readonly #broken = new AbortController();

  constructor(stream: Duplex) {
    this.#stream = stream;
    const lines = createInterface({ input: stream, crlfDelay: Infinity });
    lines.on("line", (line) => this.#hear(line));
    lines.on("error", () => undefined);
    stream.on("error", () => undefined);
    stream.once("close", () => this.#end(new LodgeError("move.cut")));
    stream.once("end", () => this.#end(new LodgeError("move.cut")));
  }

  /** Aborted when the other end failed, or is gone. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  say(line: Line): void {
    if (!this.#stream.destroyed) this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  /** The next that it says. @throws LodgeError move.cut; what the other end failed with; the signal's reason */
  async hear<S extends Saying>(say: S, signal: AbortSignal): Promise<LineOf<S>> {
    const leave = () => this.#wake();
    signal.addEventListener("abort", leave, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const line = this.#heard.shift();
        if (line?.say === say) return line as LineOf<S>;
        if (line || this.#over) throw this.#over ?? new LodgeError("move.cut");
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** Nothing more is said; what was said arrives. */
  finish(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.destroy();
  }

  #hear(text: string): void {
    try {
      const line = JSON.parse(text) as Line;
      if (line.say === "failed") return this.#end(LodgeError.fromProblem(line.problem));
      this.#heard.push(line);
      this.#wake();
    } catch {
      this.#stream.destroy();
    }
  }

  #end(why: LodgeError): void {
    this.#over ??= why;
    this.#broken.abort(this.#over);
    this.#wake();
  }
}
