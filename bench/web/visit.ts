/**
 * Chromium at a Lodge's web interface, for what is measured in a page. Everything has a limit: what a page is asked may
 * never be answered, and no figure is worth a benchmark that stands still.
 */
import type { CDPSession, Page } from "playwright-core";
import type { Client } from "#client/client";
import { startChromium, type Browser } from "../../test/web/chromium.ts";

const account = { name: "bench", password: "correct horse battery" } as const;

/** Milliseconds for anything that is asked of the browser. */
export const patience = 30_000;

/** Fails where something has not come within the time. */
export async function within<T>(work: Promise<T>, what: string, milliseconds: number = patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new TypeError(`${what} took more than ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class WebVisit {
  readonly url: string;
  readonly page: Page;
  readonly session: CDPSession;
  readonly #browser: Browser;

  private constructor(url: string, page: Page, session: CDPSession, browser: Browser) {
    this.url = url;
    this.page = page;
    this.session = session;
    this.#browser = browser;
  }

  static async begin(url: string, viewport = { width: 1440, height: 900 }): Promise<WebVisit> {
    const browser = await within(startChromium({ viewport, locale: "en-GB" }), "Chromium's start");
    browser.context.setDefaultTimeout(patience);
    const [page] = browser.context.pages();
    if (!page) throw new TypeError("the browser opened no page");
    return new WebVisit(url, page, await browser.context.newCDPSession(page), browser);
  }

  /** An expression's value in the page. */
  ask<T>(expression: string): Promise<T> {
    return within(this.page.evaluate(expression) as Promise<T>, `"${expression.slice(0, 60)}" in the page`);
  }

  async signIn(client: Client): Promise<void> {
    const known = await client.call("userList");
    if (!known.some(({ name }) => name === account.name))
      await client.call("userCreate", { body: { ...account, role: "admin" } });
    await this.#signIn("/guests", account);
    await this.page.getByRole("heading", { name: "Guests" }).waitFor();
  }

  /** As somebody who has no role, at the page of the desktops that he may have. */
  async signInForDesktops(client: Client): Promise<void> {
    const person = { name: "person", password: account.password };
    const known = await client.call("userList");
    if (!known.some(({ name }) => name === person.name))
      await client.call("userCreate", { body: { ...person, role: "none" } });
    await this.#signIn("/desktops", person);
    await this.page.getByRole("heading", { name: "Desktops" }).waitFor();
  }

  async #signIn(
    path: string,
    { name, password }: { readonly name: string; readonly password: string },
  ): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
    await this.page.locator("input[name=username]").fill(name);
    await this.page.locator("input[name=password]").fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  end(): Promise<void> {
    return within(this.#browser.end(), "Chromium's end");
  }
}

/** Milliseconds since 1970 with fractions, by the same clock as a page's timeOrigin + now(). */
export const wallClock = (): number => performance.timeOrigin + performance.now();
