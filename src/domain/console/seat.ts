/** What a viewer that may touch a guest says and hears of its desktop: copied text, and the size that the screen should have. */
import type { ClipboardViewer } from "./clipboard.ts";
import type { Desktop, WishAnswer } from "./desktop.ts";
import {
  clipboardCaps,
  clipboardNotify,
  clipboardProvide,
  clipboardRequest,
  readCutText,
} from "./rfb/cut-text.ts";
import type { Act } from "./rfb/viewer-message.ts";

export class Seat implements ClipboardViewer {
  readonly #desktop: Desktop;
  readonly #send: (bytes: Buffer) => void;
  #speaks = false;

  constructor(desktop: Desktop, send: (bytes: Buffer) => void) {
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

  notify(hasText: boolean): void {
    if (this.#speaks) this.#send(clipboardNotify(hasText));
  }

  request(): void {
    if (this.#speaks) this.#send(clipboardRequest());
  }

  provide(text: string): void {
    if (this.#speaks) this.#send(clipboardProvide(text));
  }

  /** Notes that the viewer did something. Merely moving the pointer is nothing. */
  acted(act: Act, bytes: Buffer): void {
    if (act === "key" || (act === "pointer" && bytes[1] !== 0)) this.#desktop.acted(this);
  }

  /** A wish for a size: RFB's SetDesktopSize. */
  wish(bytes: Buffer): WishAnswer {
    return this.#desktop.wish(this, { width: bytes.readUInt16BE(2), height: bytes.readUInt16BE(4) });
  }

  async cutText(bytes: Buffer): Promise<void> {
    const { clipboard } = this.#desktop;
    const said = readCutText(bytes, clipboard.awaits(this));
    switch (said.kind) {
      case "text":
        if (this.#speaks) return clipboard.give(this, said.text);
        return said.text === undefined ? undefined : clipboard.offer(this, said.text);
      case "notify":
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
