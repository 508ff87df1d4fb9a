/**
 * noVNC's viewer, and what it does not tell by itself: how often the picture changes, when the first whole one is drawn, and
 * a size of the guest's screen that is not the window's. What it reaches into is named in novnc.d.ts, for the version that
 * package-lock.json pins; test/web/desktops.test.ts fails where another one has it otherwise.
 */
import RFB, { type RfbOptions } from "@novnc/novnc";

export interface Size {
  readonly w: number;
  readonly h: number;
}

export interface ViewerOptions extends RfbOptions {
  /** The first picture that covers the screen is drawn. */
  drawn?(): void;
  /** How large the guest's screen should be in a window of this size. */
  wish?(window: Size): Size;
}

/** Encodings below it carry no pixels, but for one that nobody asks for. */
const firstWithPixels = 0;

export class Viewer extends RFB {
  readonly #options: ViewerOptions;
  #covered = 0;
  #asking = false;
  #pictures = 0;

  constructor(frame: HTMLElement, socket: WebSocket, options: ViewerOptions) {
    super(frame, socket, options);
    this.#options = options;
  }

  /** How many pictures came since this was asked last. */
  takePictures(): number {
    const pictures = this.#pictures;
    this.#pictures = 0;
    return pictures;
  }

  /** Its connection is lost: the last picture stays in the page until another takes it off. noVNC would take it off itself. */
  stays = false;

  override _disconnect(): void {
    super._disconnect();
    if (this.stays) this._target.append(this._screen);
  }

  override _handleRect(): boolean {
    // A handler may forget what it was about once it is done.
    const { encoding, width, height } = this._FBU;
    const done = super._handleRect();
    if (done && encoding !== null && encoding >= firstWithPixels) this.#covered += width * height;
    return done;
  }

  override _framebufferUpdate(): boolean {
    const done = super._framebufferUpdate();
    if (!done) return done;
    this.#pictures++;
    if (this.#covered >= this._fbWidth * this._fbHeight && this.#covered > 0) this.#tellDrawn();
    return done;
  }

  #tellDrawn(): void {
    this.#covered = -Infinity;
    void this._display.flush().then(() => this.#options.drawn?.());
  }

  override _requestRemoteResize(): void {
    this.#asking = true;
    super._requestRemoteResize();
    this.#asking = false;
  }

  override _screenSize(): Size {
    const window = super._screenSize();
    return (this.#asking && this.#options.wish?.(window)) || window;
  }

  /** Asks for a size anew: what `wish` says has changed. */
  wishAgain(): void {
    this._requestRemoteResize();
  }
}
