/** Chromium with a profile of its own, at the web interface of a faked daemon, signed in as the first admin. */
import type { Page } from "playwright-core";
import type { Client } from "#client/client";
import { ensureWeb } from "../../tools/web.ts";
import { FakedDaemon, type FakedDaemonOptions } from "../fakes/faked-daemon.ts";
import { addAuthenticator, startChromium, type Browser, type BrowserOptions } from "./chromium.ts";

export const account = { name: "ops", password: "correct horse battery" } as const;

/** What Chromium says of an answer that is an error. */
const isAnswer = /^Failed to load resource|WebSocket handshake: Unexpected response code: 5/;

/** What is visited. */
export interface Visited {
  readonly client: Client;
  url(): Promise<string>;
  close(): Promise<void>;
}

export class Visit<Daemon extends Visited = FakedDaemon> {
  readonly daemon: Daemon;
  readonly url: string;
  readonly page: Page;
  /** What went wrong in the page: exceptions, and what its policy forbade. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(daemon: Daemon, url: string, browser: Browser) {
    this.daemon = daemon;
    this.url = url;
    this.#browser = browser;
    const [page] = browser.context.pages();
    if (!page) throw new TypeError("the browser opened no page");
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // That an answer was an error is in the page, where it belongs.
      if (message.type() === "error" && !isAnswer.test(message.text())) this.complaints.push(message.text());
    });
  }

  static async begin(options: FakedDaemonOptions = {}): Promise<Visit> {
    await ensureWeb();
    return Visit.at(await FakedDaemon.start({ ...options, listen: true }));
  }

  /** At a daemon that serves the web interface. */
  static async at<Daemon extends Visited>(
    daemon: Daemon,
    options: BrowserOptions = {},
  ): Promise<Visit<Daemon>> {
    const browser = await startChromium({
      viewport: { width: 1440, height: 900 },
      locale: "en-GB",
      reducedMotion: "reduce",
      ...options,
    });
    browser.context.setDefaultTimeout(20_000);
    // A passkey counts at a name, which an address is not.
    const url = (await daemon.url()).replace("127.0.0.1", "localhost");
    return new Visit(daemon, url, browser);
  }

  /** Goes in by the link that the host shows, as the first who does. */
  async signUp(): Promise<void> {
    const { code } = await this.daemon.client.call("signInLink");
    await this.page.goto(`${this.url}/#/welcome?code=${code}`);
    await this.page.locator("input[name=username]").fill(account.name);
    await this.page.locator("input[name=new-password]").fill(account.password);
    await this.page.locator("input[name=new-password-again]").fill(account.password);
    await this.page.getByRole("button", { name: "Begin" }).click();
    await this.page.getByRole("heading", { name: "Guests" }).waitFor();
  }

  authenticator(): Promise<void> {
    return addAuthenticator(this.#browser.context, this.page);
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
  }

  /** A row of a table by the link or name in it. */
  row(name: string) {
    return this.page.getByRole("row").filter({ hasText: name });
  }

  async end(): Promise<void> {
    await this.#browser.end();
    await this.daemon.close();
  }
}
