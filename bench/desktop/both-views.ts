/** One desktop, and the two ways to see it in a browser: by Lodge, and by noVNC behind websockify, on the same QEMU. */
import { join } from "node:path";
import type { Guest } from "#contract/schema/guest";
import { guestPlace } from "#domain/guest/place";
import { ensureWeb } from "../../tools/web.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest } from "../row.ts";
import { Screen } from "../web/screen.ts";
import { WebVisit } from "../web/visit.ts";
import { startWebsockify, websockifyMissing, type Websockify } from "../web/websockify.ts";
import { DesktopGuest } from "./desktop-guest.ts";
import { DesktopPool, poolName } from "./pool.ts";
import { Portal, window } from "./portal.ts";

export type Who = Extract<Figure["who"], "Lodge" | "noVNC">;

/** Where Lodge's own view of a desktop is. */
interface Place {
  readonly guest: Guest;
  readonly viewport?: { readonly width: number; readonly height: number };
  enter(visit: WebVisit): Promise<unknown>;
  /** What the screen's size will be there: "1280,720". */
  size(): Promise<string>;
  leave(): Promise<void>;
}

/** A guest in the page of its console, which can be asked what is in it. */
export interface Console extends Place {
  readonly desktop: DesktopGuest;
}

async function inConsole(lodge: Lodge, url: string): Promise<Console> {
  const desktop = await DesktopGuest.start(lodge, { name: "desk" });
  return {
    desktop,
    guest: desktop.guest,
    async enter(visit) {
      await visit.signIn(lodge.client);
      await visit.page.goto(`${url}/guests/${desktop.guest.name}/console`);
    },
    size: () => desktop.size(),
    leave: () => desktop.remove(),
  };
}

/** Somebody's desktop in its own page, as large as the desktop is. */
async function inPortal(lodge: Lodge, url: string): Promise<Place> {
  const pool = await DesktopPool.make(lodge, 1);
  try {
    await Portal.visit(lodge, url, async (portal) => {
      await portal.list();
      await portal.first();
    });
    const guests = await lodge.client.call("guestList", { query: {} });
    return {
      guest: guests.find(({ desktop }) => desktop?.state === "taken")!,
      viewport: window,
      async enter(visit) {
        await visit.signInForDesktops(lodge.client);
        await visit.page.goto(`${url}/desktops/${poolName}`);
      },
      size: async () => `${window.width},${window.height}`,
      leave: () => pool.remove(),
    };
  } catch (error) {
    await pool.remove();
    throw error;
  }
}

export class BothViews<P extends Place = Place> {
  readonly place: P;
  /** Who can be measured here. */
  readonly whos: readonly Who[];
  /** Why there is no peer, where there is none. */
  readonly missing: string | undefined;
  readonly #url: string;
  readonly #peer: Websockify | undefined;

  private constructor(url: string, place: P, peer: Websockify | undefined, missing: string | undefined) {
    this.#url = url;
    this.place = place;
    this.missing = missing;
    this.whos = peer ? ["Lodge", "noVNC"] : ["Lodge"];
    this.#peer = peer;
  }

  /** Of a guest. */
  static inConsole(lodge: Lodge, say: (line: string) => void) {
    return BothViews.#open(lodge, say, inConsole);
  }

  /** Of the desktop that somebody has, as he sees it. */
  static inPortal(lodge: Lodge, say: (line: string) => void) {
    return BothViews.#open(lodge, say, inPortal);
  }

  static async #open<P extends Place>(
    lodge: Lodge,
    say: (line: string) => void,
    make: (lodge: Lodge, url: string) => Promise<P>,
  ): Promise<BothViews<P>> {
    await ensureWeb();
    const url = await lodge.reachable();
    const missing = await websockifyMissing();
    say("Waiting for a desktop");
    const place = await make(lodge, url);
    try {
      const qemu = guestPlace(lodge.paths, place.guest.id).display;
      const peer = missing ? undefined : await startWebsockify(join(lodge.paths.home, "novnc"), qemu);
      return new BothViews(url, place, peer, missing);
    } catch (error) {
      await place.leave();
      throw error;
    }
  }

  /** Each is alone with the desktop while it is measured: what one asks of QEMU would make the other quicker. */
  async see<T>(
    who: Who,
    work: (screen: Screen) => Promise<T>,
    prepare?: (visit: WebVisit) => Promise<unknown>,
  ): Promise<T> {
    const visit = await WebVisit.begin(this.#url, this.place.viewport);
    try {
      await prepare?.(visit);
      if (who === "Lodge") await this.place.enter(visit);
      else await visit.page.goto(this.#peer!.url);
      const screen = new Screen(visit);
      await screen.ready(await this.place.size());
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
    await this.place.leave();
  }
}
