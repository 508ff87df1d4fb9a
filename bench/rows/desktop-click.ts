/** From the click in the portal to the desktop's own first full picture on the canvas. */
import { ensureWeb } from "../../tools/web.ts";
import { DesktopGuest } from "../desktop/desktop-guest.ts";
import { DesktopPool } from "../desktop/pool.ts";
import { Portal } from "../desktop/portal.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";

/** Milliseconds for the machine to come to rest after standbys were made and desktops ended. */
const pause = 2000;

const kinds = [
  { what: "a standby is ready", standbys: 1, count: 25, median: 500, p95: 1000 },
  { what: "no standby, its template is warm", standbys: 0, count: 20, median: 1000, p95: 2000 },
] as const;

async function clicks(
  pool: DesktopPool,
  portal: Portal,
  picture: string,
  count: number,
  standbys: number,
): Promise<number[]> {
  const samples: number[] = [];
  for (let time = 0; time < count; time++) {
    await pool.empty();
    await pool.ready(standbys);
    await rest(pause);
    // As it is for who comes anew: what is kept of a desktop that ended is not shown again.
    await portal.list();
    await portal.screen.keepPicture("desktop", picture);
    samples.push(await portal.click("desktop"));
  }
  return samples;
}

/** What a desktop looks like, by QEMU's own account; of one that is nobody's, since people's are not looked at. */
async function pictureOfOne(lodge: Lodge): Promise<string> {
  const desktop = await DesktopGuest.start(lodge, { name: "pattern" });
  try {
    await rest(5000);
    return await desktop.picture();
  } finally {
    await desktop.remove();
  }
}

async function measure(
  lodge: Lodge,
  extent: Extent,
  say: (line: string) => void,
  keep: (part: Result) => void,
): Promise<Result> {
  await ensureWeb();
  const url = await lodge.reachable();
  const pool = await DesktopPool.make(lodge, 1);
  const figures: Figure[] = [];
  try {
    await Portal.visit(lodge, url, async (portal) => {
      const picture = await pictureOfOne(lodge);
      for (const { what, standbys, count, median, p95 } of kinds) {
        await pool.empty();
        await pool.keep(standbys);
        const samples = await clicks(pool, portal, picture, extent.times(count), standbys);
        say(`${what}: ${samples.map((each) => each.toFixed(0)).join(" ")} ms`);
        const bars = [
          { of: "median", atMost: median },
          { of: "p95", atMost: p95 },
        ] as const;
        figures.push({ what: `click to picture, ${what}`, who: "Lodge", unit: "ms", samples, bars });
        keep({ figures, notes });
      }
    });
    return { figures, notes };
  } finally {
    await pool.remove();
  }
}

const notes = [
  "From the click's own time in Chromium, at the list of the portal, to the first animation frame before which the canvas of the desktop has the picture " +
    "that QEMU's screendump had of a guest of the same template, at rest: of 14,400 pixels all but a fiftieth, which are a clock and a pointer.",
  "Each click gets a desktop that nobody has had; the one before is ended, and the machine at rest. The page was loaded 2 s before.",
];

export const desktopClick: Row = {
  name: "desktop-click",
  title: "From the click in the portal to the XFCE desktop's first full picture",
  bare: true,
  desktop: true,
  measure,
};
