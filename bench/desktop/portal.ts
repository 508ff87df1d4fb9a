/** Somebody at the page of his desktops, who clicks on one. */
import type { Lodge } from "../lodge.ts";
import { rest } from "../row.ts";
import { Screen } from "../web/screen.ts";
import { WebVisit } from "../web/visit.ts";
import { poolName } from "./pool.ts";

/** As large as the desktop at first, so that nothing is changed about that. */
export const window = { width: 1280, height: 720 } as const;

export class Portal {
  readonly screen: Screen;
  readonly #url: string;

  private constructor(url: string, visit: WebVisit) {
    this.#url = url;
    this.screen = new Screen(visit);
  }

  static async visit<T>(lodge: Lodge, url: string, work: (portal: Portal) => Promise<T>): Promise<T> {
    const visit = await WebVisit.begin(url, window);
    try {
      await visit.signInForDesktops(lodge.client);
      return await work(new Portal(url, visit));
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
  async first(): Promise<void> {
    await this.#card.click();
    await this.screen.visit.page.locator("[role=application] canvas").waitFor();
    await this.screen.ready(`${window.width},${window.height}`);
    await rest(5000);
  }
}
