/** Coming back to one's desktop, and having it made anew. */
import { ensureWeb } from "../../tools/web.ts";
import { DesktopPool, displayPath, Person } from "../desktop/pool.ts";
import { Portal } from "../desktop/portal.ts";
import { openTerminal } from "../desktop/terminal.ts";
import { DisplayViewer } from "../display-viewer.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";

async function comebacks(portal: Portal, times: number): Promise<number[]> {
  await portal.list();
  await portal.first();
  // It is not what every desktop looks like.
  await openTerminal(portal.screen);
  const left = await portal.screen.picture();
  const samples: number[] = [];
  for (let time = 0; time < times; time++) {
    await portal.list();
    await portal.screen.keepPicture("left", left);
    samples.push(await portal.click("left"));
    await rest(1000);
  }
  return samples;
}

/** From the wish to the picture of the new one. */
async function resets(pool: DesktopPool, person: Person, url: string, times: number): Promise<number[]> {
  const samples: number[] = [];
  for (let time = 0; time < times; time++) {
    const before = await DisplayViewer.open(url, displayPath(await person.connect()));
    await before.whole();
    await pool.ready(1);
    await rest(2000);
    const begin = performance.now();
    await person.reset();
    const after = await DisplayViewer.open(url, displayPath(await person.connect()));
    await after.whole();
    samples.push(performance.now() - begin);
    for (const viewer of [before, after]) viewer.close();
  }
  return samples;
}

async function measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Result> {
  await ensureWeb();
  const url = await lodge.reachable();
  const pool = await DesktopPool.make(lodge, 1);
  try {
    const back = await Portal.visit(lodge, url, (portal) => comebacks(portal, extent.times(15)));
    say(`come back: ${back.map((each) => each.toFixed(0)).join(" ")} ms`);
    await pool.empty();
    const person = await Person.make(lodge, url, "person-1");
    const anew = await resets(pool, person, url, extent.times(10));
    say(`reset: ${anew.map((each) => each.toFixed(0)).join(" ")} ms`);
    return {
      figures: [
        {
          what: "click on the desktop that one has, until its picture is there",
          who: "Lodge",
          unit: "ms",
          samples: back,
          bars: [{ of: "p95", atMost: 1000 }],
        },
        {
          what: "reset of a disposable desktop, until the new one's picture is there",
          who: "Lodge",
          unit: "ms",
          samples: anew,
          bars: [{ of: "p95", atMost: 5000 }],
        },
      ],
      notes: [
        "Coming back: in Chromium, from the portal's list, which was loaded anew; the picture, with a terminal in it, is compared with what was left. " +
          "What the page shows meanwhile of the last picture does not count.",
        "Reset: over TCP, a standby is ready, a viewer that draws nothing; the old desktop's viewer is there until then.",
      ],
    };
  } finally {
    await pool.remove();
  }
}

export const desktopReturn: Row = {
  name: "desktop-return",
  title: "Back to the XFCE desktop that one left, and a new one in its place",
  bare: true,
  desktop: true,
  measure,
};
