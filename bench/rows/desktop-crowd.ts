/** Twenty people who click within five seconds. */
import { DesktopPool, displayPath, Person } from "../desktop/pool.ts";
import { DisplayViewer } from "../display-viewer.ts";
import { abreast, type Lodge } from "../lodge.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";

const people = 20;
/** Milliseconds within which all click. */
const span = 5000;
const standbys = 5;

interface Arrival {
  /** Milliseconds from the first click of all to this one's, and from this one's to his picture. */
  readonly clicked: number;
  readonly took: number;
}

async function measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Result> {
  const url = await lodge.reachable();
  const count = extent.quick ? 4 : people;
  const all = await abreast(count, 4, (i) => Person.make(lodge, url, `person-${i + 1}`));
  const rounds: { last: number; took: number[]; refilled: number }[] = [];
  const pool = await DesktopPool.make(lodge, standbys);
  try {
    for (let time = 0; time < Math.min(3, extent.times(3)); time++) {
      await pool.empty();
      await pool.ready(standbys);
      await rest(3000);
      const begin = performance.now();
      const arrivals = await Promise.all(
        all.map((person, i) => arrive(person, url, begin, (i * span) / count)),
      );
      const last = Math.max(...arrivals.map(({ clicked, took }) => clicked + took));
      await pool.ready(standbys);
      const refilled = performance.now() - begin;
      rounds.push({ last, took: arrivals.map(({ took }) => took), refilled });
      say(`${(last / 1000).toFixed(1)} s, standbys again after ${(refilled / 1000).toFixed(1)} s`);
    }
  } finally {
    await pool.remove();
  }
  const seconds = (of: (round: (typeof rounds)[number]) => number) => rounds.map((round) => of(round) / 1000);
  return {
    figures: [
      {
        what: `from the first click until all ${count} have a picture`,
        who: "Lodge",
        unit: "s",
        samples: seconds(({ last }) => last),
        bars: [{ of: "most", atMost: 20 }],
      },
      {
        what: "from each one's click to the picture",
        who: "Lodge",
        unit: "s",
        samples: rounds.flatMap(({ took }) => took.map((each) => each / 1000)),
        bars: [],
      },
      {
        what: `from the first click until ${standbys} standbys are ready again`,
        who: "Lodge",
        unit: "s",
        samples: seconds(({ refilled }) => refilled),
        bars: [],
      },
    ],
    notes: [
      `${count} accounts, signed in before, click over TCP within ${span / 1000} s, evenly; ${standbys} standbys were ready. Their viewers draw nothing: a picture is there ` +
        "when as many pixels have come as the screen has. All desktops run at the end, and their pictures are kept open.",
    ],
  };
}

async function arrive(person: Person, url: string, begin: number, after: number): Promise<Arrival> {
  await rest(Math.max(0, begin + after - performance.now()));
  const click = performance.now();
  const viewer = await DisplayViewer.open(url, displayPath(await person.connect()));
  await viewer.whole();
  return { clicked: click - begin, took: performance.now() - click };
}

export const desktopCrowd: Row = {
  name: "desktop-crowd",
  title: "20 people click on their desktops within 5 s",
  bare: true,
  desktop: true,
  measure,
};
