/** Somebody at a browser of his own, who works on a desktop by nothing but the page: what he does, and what he sees. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { startChromium, type Browser } from "../../web/chromium.ts";

export const password = "correct horse battery";

export type Colour = readonly [red: number, green: number, blue: number];

export interface Seat {
  /** Where Lodge is. */
  readonly url: string;
  readonly name: string;
}

export class Person {
  readonly page: Page;
  readonly name: string;
  readonly #url: string;
  readonly #browser: Browser;

  private constructor(browser: Browser, { url, name }: Seat) {
    this.#browser = browser;
    this.#url = url;
    this.name = name;
    [this.page] = browser.context.pages() as [Page];
  }

  /** Follows a link to Lodge and signs in there. */
  static async comes(seat: Seat, path = "/"): Promise<Person> {
    const browser = await startChromium({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      reducedMotion: "reduce",
    });
    browser.context.setDefaultTimeout(60_000);
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: seat.url });
    const person = new Person(browser, seat);
    await person.open(path);
    await person.signIn();
    return person;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.#url + path);
  }

  async signIn(): Promise<void> {
    await this.page.locator("input[name=username]").fill(this.name);
    await this.page.locator("input[name=password]").fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** What an answer of the API says, asked for as the page asks. */
  async ask(path: string): Promise<string> {
    return (await this.page.request.get(this.#url + path)).text();
  }

  get picture(): Locator {
    return this.page.locator("[role=application]");
  }

  /** Its own picture is there, and so is its connection. */
  async sees(): Promise<void> {
    await this.page.locator("[role=application][data-drawn]:not([data-faded])").waitFor();
  }

  /** Of the picture as it was sent, wherever the page has it. */
  async colourAt(x: number, y: number): Promise<Colour> {
    const script = `(() => {
      const canvas = [...document.querySelectorAll("[role=application] canvas")].at(-1);
      return [...(canvas?.getContext("2d").getImageData(${x}, ${y}, 1, 1).data ?? [0, 0, 0])].slice(0, 3);
    })()`;
    return (await this.page.evaluate(script)) as Colour;
  }

  async untilColour(what: string, at: readonly [number, number], is: (colour: Colour) => boolean) {
    await until(what, async () => is(await this.colourAt(...at)));
  }

  /** Of keys that need no Shift on a US keyboard. */
  async types(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 15 });
  }

  /** Something of the toolbar, which comes when the pointer is at the upper edge. */
  async tool(name: string): Promise<void> {
    await this.#reads();
    await this.page.mouse.move(640, 1);
    await this.page.getByRole("toolbar", { name: "Toolbar" }).getByRole("button", { name }).click();
  }

  /** Closes what he was told: that a test looked into his desktop. */
  async #reads(): Promise<void> {
    const close = this.page.locator("[data-said]").getByRole("button", { name: "Close" });
    while ((await close.count()) > 0) await close.first().click();
  }

  async tools(): Promise<string[]> {
    const buttons = await this.page.locator("[role=toolbar] button").all();
    return Promise.all(
      buttons.map(async (one) => (await one.getAttribute("aria-label")) ?? (await one.innerText())),
    );
  }

  async leaves(): Promise<void> {
    await this.#browser.end();
  }
}

/** Resolves once something is so. The limit is for what never comes. */
export async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 120_000; !(await is());) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
