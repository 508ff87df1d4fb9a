/**
 * Does anything jump? Pages are opened over a slow line, where each part comes by itself, and the browser's own measure of
 * what moved under the reader's eyes (layout shift, 0 to 1) is summed up. Where are the keys once a dialog is closed?
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { furnish } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";
import { pages } from "./page-list.ts";

/** A tenth of what is still called good. */
const most = 0.01;

const watch = `(() => {
  globalThis.moved = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      moved.push([value, ...sources.map(({ node }) => (node?.textContent ?? "").slice(0, 40))]);
  }).observe({ type: "layout-shift", buffered: true });
})()`;

const opened = new Set([
  "/guests",
  "/guests?view=cards",
  "/guests/new",
  "/guests/database",
  "/guests/lab/snapshots",
  "/overview",
  "/templates",
  "/networks",
  "/hosts",
  "/storage",
  "/settings",
]);

describe("over a slow line", () => {
  let visit: Visit;
  before(async () => {
    visit = await Visit.begin();
    await furnish(visit.daemon.client);
    await visit.signUp();
    await visit.page.addInitScript(watch);
    const session = await visit.page.context().newCDPSession(visit.page);
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 100,
      downloadThroughput: 400_000,
      uploadThroughput: 400_000,
    });
  });
  after(() => visit.end());

  /** What moved since it was asked last, once the page is whole. */
  async function jumps(sign: string): Promise<unknown[]> {
    const { page } = visit;
    await page.getByText(sign).or(page.getByLabel(sign)).first().waitFor({ state: "attached" });
    await page.waitForLoadState("networkidle");
    const moved = await page.evaluate<[number, ...string[]][]>("moved.splice(0)");
    return moved.reduce((sum, [value]) => sum + value, 0) > most ? moved : [];
  }

  for (const width of [1440, 390]) {
    for (const [path, sign] of pages.filter(([each]) => opened.has(each))) {
      it(`nothing jumps on ${path}, ${width} px wide`, async () => {
        await visit.page.setViewportSize({ width, height: 900 });
        await visit.open(path);
        assert.deepEqual(await jumps(sign), []);
      });
    }
  }

  it("nothing jumps on the way from one page to the next", async () => {
    const { page } = visit;
    await page.setViewportSize({ width: 1440, height: 900 });
    await visit.open("/guests");
    await jumps("web-2");
    const found: Record<string, unknown[]> = {};
    for (const [name, sign] of [
      ["Overview", "Who uses it"],
      ["Templates", "What templates may take"],
      ["Networks", "Published ports"],
      ["Hosts", "The daemon's log"],
      ["Guests", "web-2"],
    ] as const) {
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true }).click();
      const moved = await jumps(sign);
      if (moved.length > 0) found[name] = moved;
    }
    assert.deepEqual(found, {});
  });
});

describe("the keys", () => {
  let visit: Visit;
  before(async () => {
    visit = await Visit.begin();
    await furnish(visit.daemon.client);
    await visit.signUp();
  });
  after(() => visit.end());

  it("are at the button again whose menu opened a dialog", async () => {
    const { page } = visit;
    const button = page.getByRole("button", { name: "Actions: web-1" });
    for (const item of ["Delete", "Fork", "Switch off"]) {
      await button.click();
      await page.getByRole("menuitem", { name: item }).click();
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.locator('button:focus[aria-label="Actions: web-1"]').waitFor();
    }
  });

  it("are in the field that a dialog asks to be filled in", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Actions: web-1" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").locator("input:focus").waitFor();
    await page.keyboard.press("Escape");
  });
});
