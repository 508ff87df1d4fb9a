/** What a viewer that may touch a guest says and hears of its desktop: copied text, and the size that the screen should have. */
import type { ClipboardViewer } from "./clipboard.ts";
import type { SeatDesktop, WishAnswer } from "./desktop.ts";
import {
  clipboardCaps,
  clipboardNotify,
  clipboardProvide,
  clipboardRequest,
  readCutText,
} from "./rfb/cut-text.ts";
import { readWish } from "./screen-size.ts";

export class Seat implements ClipboardViewer {
  #desktop: SeatDesktop;
  /** What the viewer has copied last, unless somebody copied something else since. */
  #offered: { readonly text?: string } | undefined;
  readonly #send: (bytes: Buffer) => void;
  #speaks = false;

  constructor(desktop: SeatDesktop, send: (bytes: Buffer) => void) {
    this.#desktop = desktop;
    this.#send = send;
  }

  /** The viewer knows the extended clipboard. One that does not can give text, and gets none. */
  begin(): void {
    if (this.#speaks) return;
    this.#speaks = true;
    this.#send(clipboardCaps());
  }

  leave(): void {
    this.#desktop.leave(this);
  }

  /** The guest went to another host, or came back: what he has copied can be pasted there. */
  move(desktop: SeatDesktop): void {
    if (desktop === this.#desktop) return;
    this.leave();
    this.#desktop = desktop;
    if (this.#offered) void desktop.clipboard.offer(this, this.#offered.text);
  }

  notify(hasText: boolean): void {
    if (hasText) this.#offered = undefined;
    if (this.#speaks) this.#send(clipboardNotify(hasText));
  }

  request(): void {
    if (this.#speaks) this.#send(clipboardRequest());
  }

  provide(text: string): void {
    if (this.#speaks) this.#send(clipboardProvide(text));
  }

  /** Notes that the viewer did something. */
  acted(): void {
    this.#desktop.acted(this);
  }

  /** A wish for a size: RFB's SetDesktopSize. */
  wish(bytes: Buffer): WishAnswer {
    return this.#desktop.wish(this, readWish(bytes));
  }

  async cutText(bytes: Buffer): Promise<void> {
    const { clipboard } = this.#desktop;
    const said = readCutText(bytes, clipboard.awaits(this));
    switch (said.kind) {
      case "text":
        if (this.#speaks) return clipboard.give(this, said.text);
        if (said.text === undefined) return;
        this.#offered = { text: said.text };
        return clipboard.offer(this, said.text);
      case "notify":
        this.#offered = said.hasText ? {} : undefined;
        return said.hasText ? clipboard.offer(this) : clipboard.withdraw(this);
      case "request":
        return clipboard.want(this);
      case "peek":
        return clipboard.peek(this);
      case "nothing":
        return;
    }
  }
}
