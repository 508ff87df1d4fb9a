/** A desktop's line over a WebSocket: JSON frames both ways, as domain/desktop/line.ts has them. */
import { LodgeError } from "#contract/errors";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import type { DesktopService } from "../services.ts";
import type { Channel } from "./channel.ts";
import { checkFrame } from "./frames.ts";

/** Frames that a page may send in so many milliseconds: it measures every few seconds, and people click. */
const most = 60;
const span = 10_000;
/** Frames that may wait for a page that reads slowly. */
const mostWaiting = 200;

export interface LineCall {
  readonly desktop: string;
  readonly holder: string;
  /** Resolves once he may have it. */
  readonly held: Promise<void>;
}

export async function serveLine(
  desktops: Pick<DesktopService, "openLine">,
  { desktop, holder, held }: LineCall,
  channel: Channel,
): Promise<void> {
  const outlet = new Outlet(channel);
  const pace = new Pace();
  const line = held.then(() => desktops.openLine(desktop, holder, (frame) => outlet.send(frame)));
  // What it throws ends the stream here; who waits for the line is told as well.
  line.catch(() => undefined);
  channel.onText((text) => {
    pace.count();
    const frame = checkFrame(
      text,
      "DesktopShadowAnswered",
      "DesktopMeasured",
      "DesktopPresent",
      "DesktopEndShadow",
    );
    void line.then(({ take }) => take(frame)).catch(() => undefined);
  });
  const { left, close } = await line;
  try {
    await Promise.race([outlet.ended, left]);
  } finally {
    close();
  }
  await channel.finish({ type: "end" });
}

/** Keeps a page from saying more than a page says. */
class Pace {
  #from = performance.now();
  #count = 0;

  /** @throws LodgeError api.invalid */
  count(): void {
    const now = performance.now();
    if (now - this.#from >= span) [this.#from, this.#count] = [now, 0];
    if (++this.#count > most)
      throw new LodgeError("api.invalid", {
        field: "frames",
        reason: `are more than ${most} in ${span / 1000} s`,
      });
  }
}

/** Frames on their way to the page: of a desktop's states, which each replace the one before, the last. */
class Outlet {
  readonly #channel: Channel;
  readonly #over = Promise.withResolvers<void>();
  #waiting: DesktopLineFromServer[] = [];
  #flows = false;

  constructor(channel: Channel) {
    this.#channel = channel;
    const leave = () => this.#over.reject(channel.gone.reason as Error);
    this.#over.promise.catch(() => undefined);
    if (channel.gone.aborted) leave();
    else channel.gone.addEventListener("abort", leave, { once: true });
  }

  /** Resolves once the page was told of the desktop's end. @throws why it went */
  get ended(): Promise<void> {
    return this.#over.promise;
  }

  send(frame: DesktopLineFromServer): void {
    if (frame.type === "desktop") this.#waiting = this.#waiting.filter(({ type }) => type !== "desktop");
    this.#waiting.push(frame);
    if (this.#waiting.length > mostWaiting)
      this.#channel.cut(new LodgeError("api.invalid", { field: "frames", reason: "are not read" }));
    if (!this.#flows) void this.#flow();
  }

  async #flow(): Promise<void> {
    this.#flows = true;
    try {
      for (let frame = this.#waiting.shift(); frame; frame = this.#waiting.shift()) {
        await this.#channel.sendTexts([{ at: "", json: JSON.stringify(frame) }]);
        if (frame.type === "ended") this.#over.resolve();
      }
    } catch {
      // It has gone, which is told by itself.
    } finally {
      this.#flows = false;
    }
  }
}
