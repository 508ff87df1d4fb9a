/** Can everybody use a page? axe looks for what WCAG 2.2 AA forbids, on both grounds, and at a phone's width. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { violations } from "./violations.ts";

/** Is the page, or what is in it, wider than the window? */
const tooWide =
  "[document.documentElement, document.getElementById('content')].some((box) => box.scrollWidth > box.clientWidth)";

export async function look(page: Page, colorScheme: "light" | "dark", width: number): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.setViewportSize({ width, height: 900 });
}

/** The page that is shown once and then looked at in each way: to load it again would tell nothing more. */
export async function assertUsable(page: Page, show: () => Promise<void>): Promise<void> {
  await look(page, "light", 1440);
  await show();
  for (const [ground, width] of [
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ] as const) {
    await look(page, ground, width);
    await page.locator(`:root[data-mantine-color-scheme=${ground}]`).waitFor();
    // What listens to the width is drawn by the second.
    for (let frame = 0; frame < 2; frame++) await page.evaluate("new Promise(requestAnimationFrame)");
    assert.deepEqual(await violations(page, { coloursOnly: ground === "dark" }), [], `${ground}, ${width}`);
    assert.equal(await page.evaluate<boolean>(tooWide), false, `${width}`);
  }
}
