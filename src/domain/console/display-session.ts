/**
 * One viewer of one guest's display. RFB ends here on both sides, so that the viewer outlives the QEMU that it sees:
 *
 *   greeting ──► watching ◄──────► waiting
 *      │            │  QEMU ends, or  │
 *      │            │  a new one comes│
 *      └────────────┴───── closed ◄───┘   the viewer goes or breaks the rules, the guest is removed, the daemon stops
 *
 *   viewer                     gateway                        QEMU
 *     | -- request (= drawn) --> |                              |
 *     |                          | -- request, where there ---> |   pump.ts: how many frames are under way
 *     |                          |    is room on the way        |
 *     | <------- frame --------- | <----------- frame --------- |
 *     | -- keys, pointer ------> | ---------------------------> |   unless it may only look
 *     | <---- copied text -----> |                              |   with the guest's desktop, not with QEMU: seat.ts
 *     |                          | -- nudge, every 25 ms -----> |   or QEMU looks at its screen ever more seldom
 *     |                          | -- "exactly, please" ------> |   once what was sent as JPEG has come to rest
 *     | -- key ----------------> | -- key, and a request -----> |   also where no more frames may be under way:
 *     | <-- what is exact of it  | <-- text, JPEG of a video -- |   text goes on its way, JPEG comes later: haste.ts
 *
 * What a new QEMU is told: the viewer's pixel format and encodings. What the viewer is told: another size, if it is one;
 * streams of zlib go on where they were.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { Acts } from "./acts.ts";
import type { ClipboardViewer } from "./clipboard.ts";
import type { Desktop, SeatDesktop, WishAnswer } from "./desktop.ts";
import { Haste, isInexact } from "./haste.ts";
import { HeldKeys } from "./held-keys.ts";
import { LossyArea } from "./lossy-area.ts";
import { Pump } from "./pump.ts";
import type { QemuDisplay } from "./qemu-display.ts";
import { Quality } from "./quality.ts";
import { ByteReader } from "./rfb/byte-reader.ts";
import { extendedClipboard } from "./rfb/cut-text.ts";
import { abilitiesOf, encoding, encodingsFor, hasPixels, type Abilities } from "./rfb/encodings.ts";
import { greetViewer } from "./rfb/handshake.ts";
import { nudge, setEncodings, setPixelFormat, updateRequest } from "./rfb/messages.ts";
import { readPixelFormat, type PixelFormat } from "./rfb/pixel-format.ts";
import type { Rectangle } from "./rfb/rectangle.ts";
import { writeUpdate, type ServerMessage } from "./rfb/server-message.ts";
import { isInput, longestViewerMessage, viewerMessage, type ViewerMessage } from "./rfb/viewer-message.ts";
import { ZlibStreams } from "./rfb/zlib-streams.ts";
import { isRefusal, isSize, sizeRectangle, wishAnswer, wishReason, type Size } from "./screen-size.ts";
import { Seat } from "./seat.ts";
import type { ViewerSocket } from "./viewer-socket.ts";
import type { Watcher } from "./watchers.ts";

/** Bytes that may wait for a viewer: with more, QEMU is asked for nothing and not listened to. */
const mostBuffered = 2_097_152;
/** Milliseconds that a viewer has to greet. */
const patience = 10_000;
const who = "the viewer";

export interface SessionParts {
  readonly socket: ViewerSocket;
  readonly name: string;
  /** What he may, and what is seen of him. */
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly desktop: Desktop;
  /** Does what he does get nowhere now? */
  readonly isHeld?: () => boolean;
  /** The next QEMU of this guest, once there is one. @throws LodgeError guest.not_found where it is removed. */
  readonly next: () => Promise<QemuDisplay>;
}

export class DisplaySession {
  readonly #parts: SessionParts;
  readonly #reader = new ByteReader(who);
  readonly #acts = new Acts();
  readonly #keys = new HeldKeys();
  readonly #lossy = new LossyArea();
  readonly #haste = new Haste();
  readonly #streams = new ZlibStreams();
  /** Undefined where it may only look. */
  readonly #seat: Seat | undefined;
  readonly #over = Promise.withResolvers<never>();
  #pump = new Pump([]);
  #quality: Quality | undefined;
  #abilities: Abilities | undefined;
  #format: PixelFormat;
  #size: Size;
  #qemu: QemuDisplay | undefined;
  /** The viewer has asked for its first frame. */
  #wanted = false;
  /** What QEMU owes: an answer to a request. */
  #asked = false;
  /** The next request is for all of the screen, changed or not. */
  #all = false;
  #repairing = false;
  /** QEMU was told that nothing with loss is wanted. */
  #exactly = false;
  #knowsKeys = false;
  /** How often its guest's desktop was another. */
  #moves = 0;
  /** It has seen that it may wish for a size. */
  #knowsSizes = false;

  constructor(parts: SessionParts, first: QemuDisplay) {
    this.#parts = parts;
    this.#format = first.screen.format;
    this.#size = first.screen;
    this.#qemu = first;
    const { viewOnly } = parts.watcher.terms;
    // Whoever runs it is told.
    this.#over.promise.catch(() => undefined);
    this.#seat = viewOnly ? undefined : new Seat(parts.desktop, (bytes) => void this.#pass(bytes));
  }

  /** Does it wait for QEMU to find something new on its screen? */
  get isWaiting(): boolean {
    return this.#asked && this.#qemu !== undefined;
  }

  /** Runs until the viewer goes. @throws LodgeError why it ended otherwise. */
  async run(): Promise<void> {
    const { socket, name } = this.#parts;
    const reader = this.#reader;
    const leave = () => {
      reader.fail(socket.gone.reason);
      this.#qemu?.close();
    };
    socket.onBytes((bytes) => reader.push(bytes));
    if (socket.gone.aborted) leave();
    else socket.gone.addEventListener("abort", leave, { once: true });
    const late = new LodgeError("console.protocol", {
      who,
      reason: `it did not greet in ${patience / 1000} s`,
    });
    const timer = setTimeout(() => reader.fail(late), patience);
    try {
      const screen = { ...this.#size, format: this.#format, name };
      this.#pump = new Pump([await greetViewer(reader, (bytes) => void socket.send(bytes), screen)]);
      clearTimeout(timer);
      await Promise.race([this.#listen(), this.#watch(), this.#over.promise]);
    } finally {
      clearTimeout(timer);
      socket.gone.removeEventListener("abort", leave);
      reader.fail(new LodgeError("api.client_gone"));
      this.#moves++;
      this.#seat?.leave();
      this.#qemu?.close();
    }
  }

  /** Ends it for a reason that the viewer is told. */
  end(reason: LodgeError): void {
    this.#reader.fail(reason);
    this.#over.reject(reason);
  }

  /** Where the guest's desktop is from now on. `open` is given who sits there. */
  async sit(open: (viewer: () => ClipboardViewer) => Promise<SeatDesktop>): Promise<void> {
    const seat = this.#seat;
    if (!seat) return;
    const move = ++this.#moves;
    const desktop = await open(() => seat);
    if (move === this.#moves) seat.move(desktop);
    else desktop.leave(seat);
  }

  /** Called every 25 ms; `leads`: this one nudges QEMU for all that watch the guest. */
  tick(leads: boolean): void {
    const qemu = this.#qemu;
    if (!qemu || !this.#abilities) return;
    if (leads && !qemu.isFull) qemu.send(nudge);
    const now = this.#parts.clock.monotonic();
    this.#acts.flow(now, qemu);
    this.#letGo(now);
    if (this.#parts.socket.buffered === 0) this.#pump.forget(now);
    if (this.#pump.underWay === 0) this.#repair(now);
    this.#allowLoss(now);
    this.#ask();
  }

  async #listen(): Promise<never> {
    for (;;) {
      const message = await this.#reader.read(viewerMessage(), longestViewerMessage);
      this.#keys.heard(this.#parts.clock.monotonic());
      this.#take(message);
    }
  }

  /** Of keys whose viewer is not to be heard any more. */
  #letGo(now: number): void {
    if (this.#keys.asks(now)) this.#parts.socket.ping(() => this.#keys.heard(this.#parts.clock.monotonic()));
    for (const release of this.#keys.lost(now)) this.#acts.take(now, "key", release, this.#qemu);
  }

  async #watch(): Promise<never> {
    const { socket, next } = this.#parts;
    for (let qemu = this.#qemu!; ; qemu = await next()) {
      this.#attach(qemu);
      try {
        for (;;) await this.#show(await qemu.next(() => this.#format));
      } catch (error) {
        socket.gone.throwIfAborted();
        if (!hasCode(error, "host.qemu_gone")) throw error;
      } finally {
        qemu.close();
        this.#qemu = undefined;
      }
    }
  }

  /** A QEMU that knows nothing of the viewer. */
  #attach(qemu: QemuDisplay): void {
    this.#qemu = qemu;
    this.#asked = false;
    this.#repairing = false;
    this.#streams.anew();
    this.#all = true;
    this.#lossy.clear();
    this.#acts.forget();
    this.#keys.forget();
    qemu.send(setPixelFormat(this.#format));
    if (!this.#abilities) return;
    this.#resize(qemu.screen, this.#abilities);
    this.#tellEncodings();
    this.#ask();
  }

  #resize({ width, height }: Size, abilities: Abilities): void {
    if (width === this.#size.width && height === this.#size.height) return;
    const rectangle = sizeRectangle({ width, height }, abilities);
    if (!rectangle) throw new LodgeError("console.size_changed");
    this.#size = { width, height };
    void this.#send([rectangle]);
  }

  #take(message: ViewerMessage): void {
    switch (message.kind) {
      case "format":
        return this.#takeFormat(readPixelFormat(message.bytes, who));
      case "encodings":
        return this.#takeEncodings(abilitiesOf(message.encodings));
      case "request":
        this.#pump.acknowledged(this.#parts.clock.monotonic());
        this.#parts.watcher.drew(this.#pump.roundTrip);
        if (!this.#wanted || !message.incremental) this.#all = true;
        this.#wanted = true;
        this.#adapt();
        return this.#ask();
      case "act":
        return this.#seat && this.#act(this.#seat, message);
      case "sound":
      case "nothing":
        return;
    }
  }

  #act(seat: Seat, { act, bytes }: Extract<ViewerMessage, { kind: "act" }>): void {
    const held = this.#parts.isHeld?.() ?? false;
    if (act === "text") return held ? undefined : void seat.cutText(bytes);
    if (act === "power" && !this.#mayPower) return;
    const answer = act === "size" ? this.#wish(seat, bytes) : "card";
    if (answer !== "card") {
      const reason = answer === "refused" ? wishReason.prohibited : wishReason.passedOn;
      return void this.#send([wishAnswer(this.#size, reason)]);
    }
    if (isInput(act, bytes)) {
      this.#parts.watcher.acted();
      seat.acted();
    }
    if (held) return;
    const now = this.#parts.clock.monotonic();
    this.#acts.take(now, act, bytes, this.#qemu);
    if (act !== "key") return;
    this.#keys.note(bytes);
    this.#haste.begin(now);
    this.#ask();
  }

  /** Whoever looks on does not move its user's windows. */
  #wish(seat: Seat, bytes: Buffer): WishAnswer {
    return this.#parts.watcher.shadow ? "refused" : seat.wish(bytes);
  }

  get #mayPower(): boolean {
    const { viewOnly, desktop } = this.#parts.watcher.terms;
    return !viewOnly && (desktop?.power ?? true);
  }

  /** Frames of the format before may be under way: then a connection of its own begins with the new one. */
  #takeFormat(format: PixelFormat): void {
    this.#format = format;
    if (this.#abilities) this.#qemu?.close();
    else this.#qemu?.send(setPixelFormat(format));
  }

  #takeEncodings(abilities: Abilities): void {
    const extras = this.#mayPower
      ? abilities.extras
      : abilities.extras.filter((number) => number !== encoding.xvp);
    const first = this.#abilities === undefined;
    this.#abilities = { ...abilities, extras };
    this.#quality = abilities.quality === undefined ? undefined : new Quality(abilities.quality);
    if (abilities.has(extendedClipboard)) this.#seat?.begin();
    if (first && this.#qemu) this.#resize(this.#qemu.screen, this.#abilities);
    this.#tellEncodings();
  }

  #tellEncodings(): void {
    if (!this.#abilities || !this.#qemu) return;
    const quality = this.#exactly ? undefined : this.#quality?.level;
    this.#qemu.send(setEncodings(encodingsFor(this.#abilities, quality)));
  }

  #adapt(): void {
    if (this.#quality?.note(this.#parts.clock.monotonic(), this.#pump.lag)) this.#tellEncodings();
  }

  #ask(): void {
    const qemu = this.#qemu;
    if (!qemu || !this.#wanted || !this.#abilities || (this.#asked && !this.#all)) return;
    if (this.#parts.socket.buffered > mostBuffered || qemu.isFull) return;
    const hasRoom = this.#pump.hasRoom && !this.#pump.pauses(this.#parts.clock.monotonic());
    if (!hasRoom && (this.#all || !this.#mayOvertake)) return;
    const leftOut = hasRoom ? this.#haste.takeLeftOut() : undefined;
    const all = { x: 0, y: 0, ...this.#size };
    // QEMU answers with all that is new, and with that area, new or not.
    if (leftOut && !this.#all) qemu.send(updateRequest(false, leftOut));
    else qemu.send(updateRequest(!this.#all, all));
    // Whoever has nothing on his screen yet does not wait for the next tick.
    if (this.#all) qemu.send(nudge);
    this.#asked = true;
    this.#all = false;
  }

  /** One update more than may be under way: without the JPEG in it, it is small. */
  get #mayOvertake(): boolean {
    const { underWay, window } = this.#pump;
    const now = this.#parts.clock.monotonic();
    return this.#quality !== undefined && this.#haste.isOn(now) && underWay <= window;
  }

  /** What was sent with loss is sent again without, once it has come to rest. */
  #repair(now: number): void {
    const area = this.#repairing ? undefined : this.#lossy.take(now);
    if (!area || !this.#qemu) return;
    this.#repairing = true;
    this.#exactly = true;
    this.#tellEncodings();
    this.#qemu.send(updateRequest(false, area));
    this.#asked = true;
  }

  async #show(message: ServerMessage): Promise<void> {
    if (message.kind === "sound") return;
    if (message.kind === "other") return this.#pass(message.bytes);
    const rectangles = message.rectangles.filter((rectangle) => this.#concerns(rectangle));
    if (rectangles.some((each) => hasPixels(each.encoding))) {
      this.#asked = false;
      this.#noteLoss(rectangles);
    }
    const now = this.#parts.clock.monotonic();
    for (const some of this.#haste.inTurn(now, this.#pump.hasRoom, rectangles))
      if (some.length > 0) await this.#send(some);
    this.#ask();
  }

  #noteLoss(rectangles: readonly Rectangle[]): void {
    const now = this.#parts.clock.monotonic();
    let exact = true;
    for (const each of rectangles) {
      if (!isInexact(each)) continue;
      exact = false;
      this.#lossy.add(now, each);
    }
    this.#lossy.updated(
      now,
      rectangles.filter((each) => hasPixels(each.encoding)),
    );
    if (exact) this.#repairing = false;
  }

  /** Once QEMU's own repair is over, or the picture moves again. */
  #allowLoss(now: number): void {
    if (!this.#exactly || this.#repairing || this.#lossy.isExact(now)) return;
    this.#exactly = false;
    this.#tellEncodings();
  }

  /** Is this rectangle for the viewer? Some are between QEMU and the gateway, some say what is known. */
  #concerns(rectangle: Rectangle): boolean {
    if (hasPixels(rectangle.encoding)) return true;
    if (isSize(rectangle)) {
      return this.#isNewSize(rectangle);
    }
    switch (rectangle.encoding) {
      case encoding.qemuExtendedKey: {
        const news = !this.#knowsKeys;
        this.#knowsKeys = true;
        return news;
      }
      case encoding.cursor:
      case encoding.alphaCursor:
      case encoding.qemuLed:
        return true;
      default:
        return false;
    }
  }

  /** QEMU repeats its size with all that is asked for anew; the first time says that a size can be wished for. */
  #isNewSize(rectangle: Rectangle): boolean {
    if (isRefusal(rectangle)) return true;
    const { width, height } = rectangle;
    const first = rectangle.encoding === encoding.extendedDesktopSize && !this.#knowsSizes;
    this.#knowsSizes ||= first;
    if (width === this.#size.width && height === this.#size.height) return first;
    this.#size = { width, height };
    this.#all = true;
    return true;
  }

  #send(rectangles: readonly Rectangle[]): Promise<void> {
    const bytes = writeUpdate(rectangles.map((rectangle) => this.#streams.goOn(rectangle)));
    this.#pump.sent(this.#parts.clock.monotonic(), bytes.length);
    return this.#pass(bytes);
  }

  async #pass(bytes: Buffer): Promise<void> {
    const sent = this.#parts.socket.send(bytes);
    if (this.#parts.socket.buffered > mostBuffered) await sent;
  }
}
