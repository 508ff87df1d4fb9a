/** A guest's desktop, for those who watch it: its clipboard and the size of its screen, by SPICE's agent in it. */
import type { ClipboardPolicy } from "#contract/schema/guest";
import type { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { Clipboard, type ClipboardViewer } from "./clipboard.ts";
import { isSame, type Monitors } from "./screen-size.ts";
import { possible, ScreenWish } from "./screen-wish.ts";

export interface DesktopParts {
  readonly now: () => number;
  /** Looked at anew whenever it matters. */
  readonly policy: () => Promise<ClipboardPolicy>;
  readonly monitors?: MonitorParts;
}

/** Of a guest whose machine has room for several. */
export interface MonitorParts {
  readonly room: number;
  /** Has the guest have these; does not reject. */
  readonly arrange: (monitors: Monitors) => Promise<void>;
}

/** What becomes of a wish for a size: the guest's agent or its graphics card does it, or another viewer has the say. */
export type WishAnswer = "agent" | "card" | "refused";

/** As who sits there has it: here, or on the host to which the guest has gone (far-desktop.ts). */
export interface SeatDesktop {
  readonly clipboard: Pick<Clipboard, "awaits" | "give" | "offer" | "withdraw" | "want" | "peek">;
  acted(viewer: ClipboardViewer): void;
  wish(viewer: ClipboardViewer, monitors: Monitors): WishAnswer;
  leave(viewer: ClipboardViewer): void;
}

export class Desktop implements SeatDesktop {
  readonly clipboard: Clipboard;
  readonly #now: () => number;
  readonly #wishes = new ScreenWish<ClipboardViewer>();
  #agent: SpiceAgent | undefined;
  #deaf: () => void = () => undefined;
  readonly #turns = new Set<() => void>();
  readonly #arranged: Arranged | undefined;

  constructor({ now, policy, monitors }: DesktopParts) {
    this.#now = now;
    this.#arranged = monitors && new Arranged(monitors);
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

  wish(viewer: ClipboardViewer, monitors: Monitors): WishAnswer {
    if (monitors.length > (this.#arranged?.room ?? 1)) return "refused";
    if (!this.#wishes.wish(this.#now(), viewer, monitors)) return "refused";
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
    const wish = this.#wishes.take(this.#now());
    if (!wish) return;
    const monitors = possible(wish, this.#arranged?.room ?? 1);
    const [{ width, height }, ...further] = monitors;
    this.#arranged?.take(monitors);
    if (further.length === 0) this.#agent?.resize(width, height);
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

/** Several monitors, which SPICE's agent does not make: one arrangement after the other, and of those that wait the last. */
class Arranged {
  readonly room: number;
  readonly #arrange: MonitorParts["arrange"];
  /** Of one alone nothing has to be done; how it was before is not known. */
  #isOne = false;
  #next: Monitors | undefined;
  #now: Monitors | undefined;

  constructor({ room, arrange }: MonitorParts) {
    this.room = room;
    this.#arrange = arrange;
  }

  take(monitors: Monitors): void {
    if (monitors.length === 1 && this.#isOne) return;
    this.#isOne = monitors.length === 1;
    // A viewer asks again until it sees what it asked for.
    this.#next = this.#now && isSame(monitors, this.#now) ? undefined : monitors;
    void this.#go();
  }

  async #go(): Promise<void> {
    if (this.#now) return;
    while (this.#next) {
      this.#now = this.#next;
      this.#next = undefined;
      await this.#arrange(this.#now);
    }
    this.#now = undefined;
  }
}
