/**
 * Pictures of every page, at a desk's width and a phone's, light and dark, over the guests of the stand-in and over the
 * hosts of a cluster:
 *
 *   node test/web/pictures.ts FOLDER [PART OF A PATH]
 *
 * For whoever changes how something looks: open them, and do over what you would not show.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureWeb, webFolder } from "../../tools/web.ts";
import { ClusteredDaemon } from "../fakes/clustered-daemon.ts";
import { furnish } from "../fakes/furnish.ts";
import { Visit, type Visited } from "./browser.ts";
import { clusterPages, pages } from "./page-list.ts";

const [folder, part = ""] = process.argv.slice(2);
if (folder === undefined) throw new RangeError("say into which folder");
await mkdir(folder, { recursive: true });

type Listed = typeof pages;

async function picture(visit: Visit<Visited>, listed: Listed): Promise<void> {
  const { page } = visit;
  await visit.signUp();
  for (const [path, sign] of listed) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await visit.open(path);
        const there = page.getByText(sign, { exact: false }).or(page.getByLabel(sign));
        await there.first().waitFor({ state: "attached" });
        await page.waitForLoadState("networkidle").catch(() => undefined);
        const name = path.replace(/^\//, "").replaceAll(/[^a-z0-9]+/g, "-");
        await page.screenshot({ path: join(String(folder), `${name}-${width}-${colorScheme}.png`) });
      }
    }
  }
}

const wanted = (listed: Listed): Listed => listed.filter(([path]) => path.includes(part));

async function visitEach(begin: () => Promise<Visit<Visited>>, listed: Listed): Promise<void> {
  if (listed.length === 0) return;
  const visit = await begin();
  try {
    await picture(visit, listed);
  } finally {
    await visit.end();
  }
}

await visitEach(async () => {
  const visit = await Visit.begin();
  await furnish(visit.daemon.client);
  return visit;
}, wanted(pages));
await visitEach(async () => {
  await ensureWeb();
  return Visit.at(await ClusteredDaemon.start(webFolder));
}, wanted(clusterPages));
