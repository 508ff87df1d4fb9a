/** A guest's desktop, for those who watch it: its clipboard and the size of its screen, by SPICE's agent in it. */
import type { ClipboardPolicy } from "#contract/schema/guest";
import type { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { Clipboard, type ClipboardViewer } from "./clipboard.ts";
import type { Size } from "./screen-size.ts";
import { ScreenWish } from "./screen-wish.ts";

export interface DesktopParts {
  readonly now: () => number;
  /** Looked at anew whenever it matters. */
  readonly policy: () => Promise<ClipboardPolicy>;
}

/** What becomes of a wish for a size: the guest's agent or its graphics card does it, or another viewer has the say. */
export type WishAnswer = "agent" | "card" | "refused";

/** As who sits there has it: here, or on the host to which the guest has gone (far-desktop.ts). */
export interface SeatDesktop {
  readonly clipboard: Pick<Clipboard, "awaits" | "give" | "offer" | "withdraw" | "want" | "peek">;
  acted(viewer: ClipboardViewer): void;
  wish(viewer: ClipboardViewer, size: Size): WishAnswer;
  leave(viewer: ClipboardViewer): void;
}

export class Desktop implements SeatDesktop {
  readonly clipboard: Clipboard;
  readonly #now: () => number;
  readonly #wishes = new ScreenWish<ClipboardViewer>();
  #agent: SpiceAgent | undefined;
  #deaf: () => void = () => undefined;
  readonly #turns = new Set<() => void>();

  constructor({ now, policy }: DesktopParts) {
    this.#now = now;
    this.clipboard = new Clipboard(policy);
  }

  /** From now on this is the guest's agent; undefined: it has no port for one, or does not run. */
  follow(agent: SpiceAgent | undefined): void {
    if (agent === this.#agent) return;
    this.#deaf();
    this.#agent = agent;
    const { clipboard } = this;
    this.#deaf =
      agent?.listen({
        turned: () => this.#turned(),
        copied: (isText) => clipboard.copied(isText),
        wanted: () => clipboard.wanted(),
        text: (text) => clipboard.text(text),
      }) ?? (() => undefined);
    this.#turned();
  }

  /** Does the guest's agent make its screen as large as it is told? */
  get resizes(): boolean {
    return this.#agent?.can("monitors") ?? false;
  }

  /** Tells of it now, and when the agent is another or answers, or does so no more. Returns how to stop listening. */
  onTurned(listener: () => void): () => void {
    this.#turns.add(listener);
    listener();
    return () => void this.#turns.delete(listener);
  }

  /** Somebody typed or clicked. */
  acted(viewer: ClipboardViewer): void {
    this.clipboard.acted(viewer);
    this.#wishes.acted(this.#now(), viewer);
  }

  wish(viewer: ClipboardViewer, size: Size): WishAnswer {
    if (!this.#wishes.wish(this.#now(), viewer, size)) return "refused";
    return this.resizes ? "agent" : "card";
  }

  leave(viewer: ClipboardViewer): void {
    this.clipboard.leave(viewer);
    this.#wishes.leave(viewer);
  }

  /** Called every 25 ms. */
  tick(): void {
    void this.clipboard.tick(this.#now());
    if (!this.resizes) return;
    const size = this.#wishes.take(this.#now());
    if (size) this.#agent?.resize(size.width, size.height);
  }

  close(): void {
    this.#deaf();
  }

  #turned(): void {
    this.clipboard.follow(this.#agent?.answers ? this.#agent : undefined);
    this.#wishes.again(this.#now());
    for (const tell of this.#turns) tell();
  }
}
