/**
 * One clipboard for a guest and those who watch it. Whoever copied last has its text; it goes over only when it is asked
 * for, and only where the guest's policy lets it.
 *
 *   nobody ──► a viewer   offers; the guest pastes: asked for, kept for further pastes
 *     ▲  ◄──►  the guest  tells the viewer that acted last, and gives the text to nobody else
 *     └── who had it goes, or has none any more
 */
import type { ClipboardPolicy } from "#contract/schema/guest";
import type { SpiceAgent } from "#hypervisor/spice/spice-agent";

/** A viewer that may touch the guest, as far as copied text goes. */
export interface ClipboardViewer {
  /** Whether the guest has a text to give. */
  notify(hasText: boolean): void;
  /** The guest wants the text that this viewer has offered. */
  request(): void;
  provide(text: string): void;
}

/** Milliseconds between two words to a viewer that the guest has copied something: it asks for the text at each. */
const pace = 250;

export class Clipboard {
  readonly #policy: () => Promise<ClipboardPolicy>;
  #agent: SpiceAgent | undefined;
  #owner: ClipboardViewer | "guest" | undefined;
  /** What its owner, a viewer, has given. */
  #text: string | undefined;
  /**
   * Who had it until the guest copied something. A desktop that was offered a text just as somebody copied there may
   * tell of that copy late, and paste the offer all the same: then it is still his.
   */
  #before: { readonly owner: ClipboardViewer; readonly text: string | undefined } | undefined;
  /** The guest waits for the text. */
  #wanted = false;
  /** Who acted last: what the guest copies is his. */
  #actor: ClipboardViewer | undefined;
  /** The viewer that knows of the guest's text, and one that asked for it. */
  #told: ClipboardViewer | undefined;
  #asking: ClipboardViewer | undefined;
  #toTell = false;
  #toldAt = 0;
  /** Those that have left, and are not back. */
  readonly #gone = new WeakSet<ClipboardViewer>();

  constructor(policy: () => Promise<ClipboardPolicy>) {
    this.#policy = policy;
  }

  /** Another agent, or one that answers or does so no more: what it had is gone, what it is offered stays. */
  follow(agent: SpiceAgent | undefined): void {
    this.#agent = agent;
    this.#wanted = false;
    this.#asking = undefined;
    if (this.#owner === "guest") this.#owner = undefined;
    if (this.#owner) agent?.offer();
  }

  acted(viewer: ClipboardViewer): void {
    this.#actor = viewer;
  }

  leave(viewer: ClipboardViewer): void {
    this.#gone.add(viewer);
    this.withdraw(viewer);
    if (this.#actor === viewer) this.#actor = undefined;
    if (this.#asking === viewer) this.#asking = undefined;
    if (this.#told === viewer) this.#told = undefined;
  }

  /** A viewer has a text to paste in the guest; `text`, where it says so at once. */
  async offer(viewer: ClipboardViewer, text?: string): Promise<void> {
    // He may have left before, and come back with the guest.
    this.#gone.delete(viewer);
    if (!(await this.#allows("in")) || this.#gone.has(viewer)) return;
    this.#owner = viewer;
    this.#text = text;
    this.#before = undefined;
    this.#wanted = false;
    this.#agent?.offer();
  }

  withdraw(viewer: ClipboardViewer): void {
    if (this.#before?.owner === viewer) this.#before = undefined;
    if (this.#owner !== viewer) return;
    this.#owner = undefined;
    this.#text = undefined;
    this.#wanted = false;
    this.#agent?.withdraw();
  }

  /** Does the guest wait for this viewer's text? */
  awaits(viewer: ClipboardViewer): boolean {
    return this.#owner === viewer && this.#wanted;
  }

  /** A viewer gives the text that it was asked for, or none that can be used. What nobody asked for is not taken. */
  async give(viewer: ClipboardViewer, text: string | undefined): Promise<void> {
    if (!this.awaits(viewer)) return;
    this.#wanted = false;
    if (!(await this.#allows("in")) || this.#owner !== viewer) return this.#agent?.give(undefined);
    this.#text = text;
    this.#agent?.give(text);
  }

  /** A viewer wants the guest's text. */
  async want(viewer: ClipboardViewer): Promise<void> {
    if (this.#owner !== "guest" || this.#told !== viewer) return;
    if (!(await this.#allows("out"))) return;
    this.#asking = viewer;
    this.#agent?.ask();
  }

  /** A viewer asks whether there is something. */
  peek(viewer: ClipboardViewer): void {
    viewer.notify(this.#owner === "guest" && this.#told === viewer);
  }

  /** Called every 25 ms. */
  async tick(now: number): Promise<void> {
    if (!this.#toTell || !this.#actor || now - this.#toldAt < pace) return;
    this.#toTell = false;
    this.#toldAt = now;
    const actor = this.#actor;
    if (!(await this.#allows("out")) || this.#owner !== "guest") return;
    this.#told = actor;
    actor.notify(true);
  }

  /** The guest has copied something. */
  copied(isText: boolean): void {
    // What it lets go of while a viewer's text is offered is that very text's place.
    if (!isText && this.#owner !== "guest") return;
    if (this.#owner && this.#owner !== "guest") this.#before = { owner: this.#owner, text: this.#text };
    this.#owner = isText ? "guest" : undefined;
    this.#text = undefined;
    this.#wanted = false;
    this.#asking = undefined;
    this.#told = undefined;
    this.#toTell = isText;
  }

  /** The guest wants to paste. */
  wanted(): void {
    if (this.#owner === "guest" && this.#before) {
      ({ owner: this.#owner, text: this.#text } = this.#before);
      this.#before = undefined;
      this.#toTell = false;
    }
    if (this.#owner === undefined || this.#owner === "guest") return this.#agent?.give(undefined);
    if (this.#text !== undefined) return this.#agent?.give(this.#text);
    if (this.#wanted) return;
    this.#wanted = true;
    this.#owner.request();
  }

  /** The guest's text, which it was asked for. */
  text(text: string | undefined): void {
    const viewer = this.#asking;
    this.#asking = undefined;
    if (viewer && text !== undefined) viewer.provide(text);
  }

  async #allows(way: "in" | "out"): Promise<boolean> {
    const policy = await this.#policy();
    return policy === "both" || policy === way;
  }
}
