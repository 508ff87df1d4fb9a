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
  /** A picture was drawn, whole or a part of it. */
  pictured?(): void;
  /** The guest's screen is of this size from now on. */
  sized?(screen: Size): void;
  /**
   * How large the guest's screen should be in a window of this size; where it is to be of several monitors, how large each
   * of them, from left to right.
   */
  wish?(window: Size): readonly [Size, ...Size[]];
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Buttons as browsers count them, by which bit each is in RFB: left, right, middle, back, forward. */
const buttonBits = [1, 4, 2, 128, 256] as const;

const maskOf = (buttons: number): number =>
  buttonBits.reduce((mask, bit, at) => mask | (buttons & (1 << at) ? bit : 0), 0);

/** Encodings below it carry no pixels, but for one that nobody asks for. */
const firstWithPixels = 0;

export class Viewer extends RFB {
  readonly #options: ViewerOptions;
  #covered = 0;
  /** While it asks for a size: that of the window, or of its monitor. */
  #wished: Size | undefined;
  /** The monitors that it asked for last. */
  #arranged = "";
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
    const { pictured } = this.#options;
    if (pictured) void this._display.flush().then(pictured);
    if (this.#covered >= this._fbWidth * this._fbHeight && this.#covered > 0) this.#tellDrawn();
    return done;
  }

  #tellDrawn(): void {
    this.#covered = -Infinity;
    void this._display.flush().then(() => this.#options.drawn?.());
  }

  override _resize(width: number, height: number): void {
    super._resize(width, height);
    this.#options.sized?.({ w: width, h: height });
  }

  override _requestRemoteResize(): void {
    const monitors = this.#options.wish?.(super._screenSize());
    if (monitors && monitors.length > 1) return this.#arrange(monitors);
    this.#arranged = "";
    this.#wished = monitors?.[0];
    super._requestRemoteResize();
    this.#wished = undefined;
  }

  override _screenSize(): Size {
    return this.#wished ?? super._screenSize();
  }

  /** RFB's SetDesktopSize with several screens, of which noVNC knows one. */
  #arrange(monitors: readonly Size[]): void {
    if (!this._resizeSession || !this._supportsSetDesktopSize || this.viewOnly) return;
    const [w, h] = [
      monitors.reduce((sum, each) => sum + each.w, 0),
      Math.max(...monitors.map((each) => each.h)),
    ];
    const arranged = JSON.stringify(monitors);
    if (arranged === this.#arranged && w === this._fbWidth && h === this._fbHeight) return;
    this.#arranged = arranged;
    const { _sock: socket } = this;
    socket.sQpush8(251);
    socket.sQpush8(0);
    socket.sQpush16(w);
    socket.sQpush16(h);
    socket.sQpush8(monitors.length);
    socket.sQpush8(0);
    let x = 0;
    for (const [id, each] of monitors.entries()) {
      socket.sQpush32(id);
      for (const value of [x, 0, each.w, each.h]) socket.sQpush16(value);
      socket.sQpush32(0);
      x += each.w;
    }
    socket.flush();
  }

  /** What it draws on: the whole of the guest's screen. */
  get canvas(): HTMLCanvasElement {
    return this._canvas;
  }

  /** A pointer that is over a part of the picture in another window. `at`: pixels of the guest's screen. */
  point({ type, buttons }: Pick<MouseEvent, "type" | "buttons">, at: Place): void {
    const { scale } = this._display;
    const [x, y] = [(at.x + 0.5) * scale, (at.y + 0.5) * scale];
    if (type === "mousemove") this._handleMouseMove(x, y);
    else this._handleMouseButton(x, y, maskOf(buttons));
  }

  wheel({ deltaX, deltaY, deltaMode, buttons }: WheelEvent, at: Place): void {
    const { scale } = this._display;
    const { left, top } = this._canvas.getBoundingClientRect();
    // Browsers cut off what is behind the point.
    const place = { clientX: Math.ceil(left + at.x * scale), clientY: Math.ceil(top + at.y * scale) };
    this._canvas.dispatchEvent(
      new WheelEvent("wheel", { deltaX, deltaY, deltaMode, buttons, ...place, cancelable: true }),
    );
  }

  /** A key, or that the keys are elsewhere from now on ("blur"). Returns whether it was taken. */
  key(event: KeyboardEvent | FocusEvent): boolean {
    return !this._canvas.dispatchEvent(again(event));
  }

  /** Asks for a size anew: what `wish` says has changed. */
  wishAgain(): void {
    this._requestRemoteResize();
  }
}

/** An event of another window as one of this, which is what noVNC listens to. */
function again(event: KeyboardEvent | FocusEvent): Event {
  if (!("code" in event)) return new FocusEvent(event.type);
  const { type, key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey } = event;
  const held = { ctrlKey, shiftKey, altKey, metaKey };
  return new KeyboardEvent(type, {
    key,
    code,
    location,
    repeat,
    isComposing,
    ...held,
    modifierCapsLock: event.getModifierState("CapsLock"),
    modifierNumLock: event.getModifierState("NumLock"),
    modifierAltGraph: event.getModifierState("AltGraph"),
    cancelable: true,
  });
}
