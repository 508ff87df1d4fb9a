/** How long the web interface takes from its address to where one can go on: with nothing of it in the browser's cache. */
import { ensureWeb } from "../../tools/web.ts";
import { FakedDaemon } from "../../test/fakes/faked-daemon.ts";
import { guestRecords } from "../../test/fakes/guest-records.ts";
import type { Figure } from "../figures.ts";
import { rest, type Extent, type Row } from "../row.ts";
import { WebVisit } from "../web/visit.ts";

const guests = 100;

/**
 * In the page, from its first moment: when what one goes on with is there, and the thread is free for it again after the
 * frame that shows it. Milliseconds since the navigation began.
 */
const probe = (selector: string) => `
window.usable = new Promise((resolve) => {
  const look = () => {
    if (!document.querySelector(${JSON.stringify(selector)})) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { childList: true, subtree: true, attributes: true });
  setTimeout(() => resolve(-1), 20_000);
});`;

const form = "input[name=username]:not([disabled])";
const table = `[role=row] a[href^="/guests/guest-"]`;

async function samplesOf(visit: WebVisit, selector: string, extent: Extent): Promise<number[]> {
  const { page, session } = visit;
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  // A later one takes the place of the one before: both run, and both set the same name.
  await page.addInitScript(probe(selector));
  const samples: number[] = [];
  for (let i = 0; i < extent.times(20); i++) {
    await page.goto("about:blank");
    await session.send("Network.clearBrowserCache");
    await rest(500);
    await page.goto(`${visit.url}/guests`, { waitUntil: "commit" });
    const took = await visit.ask<number>("usable");
    if (took < 0) throw new TypeError(`the page never had ${selector}`);
    samples.push(took);
  }
  return samples;
}

export const webStart: Row = {
  name: "web-start",
  title: "The web interface, from its address to where one can go on",
  bare: true,
  async measure(_lodge, extent, say) {
    await ensureWeb();
    const daemon = await FakedDaemon.start({ listen: true, records: guestRecords(guests) });
    let visit: WebVisit | undefined;
    const figure = (what: string, samples: number[]): Figure => {
      say(`${what}: ${samples.map((sample) => sample.toFixed(0)).join(" ")} ms`);
      return { what, who: "Lodge", unit: "ms", samples, bars: [{ of: "median", atMost: 1000 }] };
    };
    try {
      // There is somebody: to a Lodge without accounts nobody can sign in.
      visit = await WebVisit.begin((await daemon.url()).replace("127.0.0.1", "localhost"));
      await daemon.client.call("userCreate", {
        body: { name: "somebody", role: "viewer", password: "correct horse battery" },
      });
      const asked = figure("until a name can be typed to sign in", await samplesOf(visit, form, extent));
      await visit.signIn(daemon.client);
      const shown = figure(
        `until the table of ${guests} guests is there, signed in`,
        await samplesOf(visit, table, extent),
      );
      return {
        figures: [asked, shown],
        notes: [
          "From the navigation's begin until the element is there and the page's thread is free after the frame that shows it. Nothing is in the browser's cache, compiled code neither; the browser itself runs already.",
        ],
      };
    } finally {
      await visit?.end();
      await daemon.close();
    }
  },
};
