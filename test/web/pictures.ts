/**
 * Pictures of every page, at a desk's width and a phone's, light and dark, over the guests of the stand-in:
 *
 *   node test/web/pictures.ts FOLDER [PART OF A PATH]
 *
 * For whoever changes how something looks: open them, and do over what you would not show.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { furnish } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";
import { pages } from "./page-list.ts";

const [folder, part = ""] = process.argv.slice(2);
if (folder === undefined) throw new RangeError("say into which folder");
await mkdir(folder, { recursive: true });

const visit = await Visit.begin();
try {
  await furnish(visit.daemon.client);
  await visit.signUp();
  for (const [path, sign] of pages.filter(([one]) => one.includes(part))) {
    for (const colorScheme of ["light", "dark"] as const) {
      await visit.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [1440, 390]) {
        await visit.page.setViewportSize({ width, height: 900 });
        await visit.open(path);
        const there = visit.page.getByText(sign, { exact: false }).or(visit.page.getByLabel(sign));
        await there.first().waitFor({ state: "attached" });
        await visit.page.waitForLoadState("networkidle").catch(() => undefined);
        const name = path.replace(/^\//, "").replaceAll(/[^a-z0-9]+/g, "-");
        await visit.page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
      }
    }
  }
} finally {
  await visit.end();
}
