/** One desktop, and the two ways to see it in a browser: by Lodge, and by noVNC behind websockify, on the same QEMU. */
import { join } from "node:path";
import { guestPlace } from "#domain/guest/place";
import { ensureWeb } from "../../tools/web.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest } from "../row.ts";
import { Screen } from "../web/screen.ts";
import { WebVisit } from "../web/visit.ts";
import { startWebsockify, websockifyMissing, type Websockify } from "../web/websockify.ts";
import { DesktopGuest } from "./desktop-guest.ts";

export type Who = Extract<Figure["who"], "Lodge" | "noVNC">;

export class BothViews {
  readonly desktop: DesktopGuest;
  /** Who can be measured here. */
  readonly whos: readonly Who[];
  /** Why there is no peer, where there is none. */
  readonly missing: string | undefined;
  readonly #lodge: Lodge;
  readonly #url: string;
  readonly #peer: Websockify | undefined;

  private constructor(
    lodge: Lodge,
    url: string,
    desktop: DesktopGuest,
    peer: Websockify | undefined,
    missing: string | undefined,
  ) {
    this.desktop = desktop;
    this.missing = missing;
    this.whos = peer ? ["Lodge", "noVNC"] : ["Lodge"];
    this.#lodge = lodge;
    this.#url = url;
    this.#peer = peer;
  }

  static async open(lodge: Lodge, say: (line: string) => void): Promise<BothViews> {
    await ensureWeb();
    const url = await lodge.reachable();
    const missing = await websockifyMissing();
    say("Waiting for a desktop");
    const desktop = await DesktopGuest.start(lodge, { name: "desk" });
    try {
      const qemu = guestPlace(lodge.paths, desktop.guest.id).display;
      const peer = missing ? undefined : await startWebsockify(join(lodge.paths.home, "novnc"), qemu);
      return new BothViews(lodge, url, desktop, peer, missing);
    } catch (error) {
      await desktop.remove();
      throw error;
    }
  }

  /** Each is alone with the desktop while it is measured: what one asks of QEMU would make the other quicker. */
  async see<T>(
    who: Who,
    work: (screen: Screen) => Promise<T>,
    prepare?: (visit: WebVisit) => Promise<unknown>,
  ): Promise<T> {
    const visit = await WebVisit.begin(this.#url);
    try {
      await prepare?.(visit);
      if (who === "Lodge") {
        await visit.signIn(this.#lodge.client);
        await visit.page.goto(`${this.#url}/guests/${this.desktop.guest.name}/console`);
      } else await visit.page.goto(this.#peer!.url);
      const screen = new Screen(visit);
      await screen.ready(await this.desktop.size());
      await rest(3000);
      return await work(screen);
    } finally {
      await visit.end();
    }
  }

  /** What has to be known of the peer to read the figures. */
  get note(): string {
    if (this.missing) return `noVNC could not be measured: ${this.missing}`;
    return (
      "'noVNC' is noVNC 1.7.0's viewer as it is by default, behind Debian's websockify, on the VNC server of the same QEMU: " +
      "the same guest, in turns. That QEMU was started by Lodge, which allows JPEG and has keys follow each other within 1 ms; " +
      "QEMU's own defaults would be no JPEG and 10 ms."
    );
  }

  async close(): Promise<void> {
    await this.#peer?.end();
    await this.desktop.remove();
  }
}
