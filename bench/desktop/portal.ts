/** Somebody at the page of his desktops, who clicks on one. */
import type { Lodge } from "../lodge.ts";
import { rest } from "../row.ts";
import { Screen } from "../web/screen.ts";
import { WebVisit } from "../web/visit.ts";
import { DesktopGuest } from "./desktop-guest.ts";
import { poolName } from "./pool.ts";

/** As large as the desktop at first, so that nothing is changed about that. */
export const window = { width: 1280, height: 720 } as const;

export class Portal {
  readonly screen: Screen;
  readonly #lodge: Lodge;
  readonly #url: string;

  private constructor(lodge: Lodge, url: string, visit: WebVisit) {
    this.#lodge = lodge;
    this.#url = url;
    this.screen = new Screen(visit);
  }

  static async visit<T>(lodge: Lodge, url: string, work: (portal: Portal) => Promise<T>): Promise<T> {
    const visit = await WebVisit.begin(url, window);
    try {
      await visit.signInForDesktops(lodge.client);
      return await work(new Portal(lodge, url, visit));
    } finally {
      await visit.end();
    }
  }

  /** At the list, and the page has come to rest; nothing of a desktop that was seen before is left in it. */
  async list(): Promise<void> {
    const { visit } = this.screen;
    await visit.page.goto(`${this.#url}/desktops`);
    await this.#card.waitFor();
    await rest(2000);
    await this.screen.teach();
  }

  get #card() {
    return this.screen.visit.page.getByRole("link", { name: poolName });
  }

  /** Clicks; milliseconds until the desktop has the picture that was kept. */
  async click(picture: string): Promise<number> {
    const { visit } = this.screen;
    await visit.ask(`bench.awaitPicture(${JSON.stringify(picture)})`);
    await this.#card.click();
    return visit.ask<number>("bench.arrival");
  }

  /** Clicks for a desktop that nobody has seen yet, and lets it come to rest. */
  async first(): Promise<DesktopGuest> {
    await this.#card.click();
    await this.screen.visit.page.locator("[role=application] canvas").waitFor();
    const desktop = await this.desktop();
    await this.screen.ready(await desktop.size());
    await rest(5000);
    return desktop;
  }

  /** The guest that he has. */
  async desktop(): Promise<DesktopGuest> {
    const { client } = this.#lodge;
    const [desktop] = await client.call("desktopList", { query: { pool: poolName } });
    if (desktop?.guest === undefined) throw new TypeError("nobody has a desktop");
    return new DesktopGuest(this.#lodge, await client.call("guestGet", { params: { guest: desktop.guest } }));
  }

  /** In the same page, by its own ways, and not loaded anew. */
  async back(): Promise<void> {
    await this.screen.visit.page.goBack();
    await this.#card.waitFor();
    await rest(2000);
  }
}
