/** From a key in the browser to the letter in a desktop's terminal on the canvas, beside noVNC on the same guest. */
import { BothViews, type Who } from "../desktop/both-views.ts";
import { cellsAtPrompt, emptyLine, openTerminal } from "../desktop/terminal.ts";
import { median, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import type { Extent, Result, Row } from "../row.ts";
import type { Area, Screen } from "../web/screen.ts";

/** Those of a line. */
const letters = "abcdefghijklmnopqrst";
/** At no rhythm that anybody's own could fall in with, and long enough for QEMU to look more seldom. */
const seldom = () => 700 + Math.random() * 300;

/** Held as people hold keys; and one that is let go of at once, as programs do, which QEMU may hear of before it looks or after (notes). */
const kinds = {
  slow: { what: "a key, 0.7 to 1 s after the one before", pause: seldom, held: 80 },
  burst: { what: "a key of a burst, 0.1 s after the one before", pause: () => 100, held: 50 },
  tap: {
    what: "a key that is let go of at once, 0.7 to 1 s after the one before",
    pause: seldom,
    held: 0,
  },
} as const;
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

type Typed = Readonly<Record<Kind, number[]>>;

async function round(screen: Screen, cells: readonly Area[], typed: Typed): Promise<void> {
  for (const kind of kindNames) {
    await emptyLine(screen);
    typed[kind].push(...(await screen.type(letters, cells, kinds[kind])));
  }
  await emptyLine(screen);
}

function figuresOf(all: ReadonlyMap<Who, Typed>): Figure[] {
  const figures: Figure[] = [];
  for (const kind of kindNames) {
    const { what } = kinds[kind];
    for (const [who, typed] of all) figures.push({ what, who, unit: "ms", samples: typed[kind], bars: [] });
    const [own, theirs] = [all.get("Lodge")![kind], all.get("noVNC")?.[kind]];
    if (theirs)
      figures.push({
        what: `${what}: Lodge's median by noVNC's`,
        who: "Lodge",
        unit: "times",
        samples: [median(own) / median(theirs)],
        bars: kind === "slow" ? [{ of: "median", atMost: 0.6 }] : [],
      });
  }
  return figures;
}

async function measure(
  lodge: Lodge,
  extent: Extent,
  say: (line: string) => void,
  keep: (part: Result) => void,
): Promise<Result> {
  const views = await BothViews.inPortal(lodge, say);
  try {
    const all = new Map<Who, Typed>(views.whos.map((who) => [who, { slow: [], burst: [], tap: [] }]));
    let cells: Area[] | undefined;
    const result = () => ({ figures: figuresOf(all), notes: [...notes, views.note] });
    for (let turn = 0; turn < Math.ceil(extent.times(6) / 2); turn++)
      for (const who of views.whos) {
        const typed = all.get(who)!;
        await views.see(who, async (screen) => {
          if (!cells) {
            await openTerminal(screen);
            cells = await cellsAtPrompt(screen, letters.length);
          }
          for (let again = 0; again < 2; again++) await round(screen, cells, typed);
        });
        say(`${who}: ${kindNames.map((kind) => `${kind} ${median(typed[kind]).toFixed(0)} ms`).join(", ")}`);
        if (turn > 0) keep(result());
      }
    return result();
  } finally {
    await views.close();
  }
}

const notes = [
  "A key is held for 80 ms, as people hold it, of a burst for 50. Once it is pressed, QEMU looks at the screen at once and then after 80 ms, or after 30 if it hears of " +
    "something else in between: a key that is let go of at once is shown by noVNC after the one or the other, as it falls out on the day. Lodge has QEMU look every 30 ms.",
  "Input to canvas: from the key event's own time to the first animation frame before which the cell of the canvas differs in which the " +
    "letter comes. What bash and the terminal need to draw it is in both figures. Chromium is without a window, so no screen's delay " +
    "is in it; keys come by its debugging protocol. QEMU, daemon and browser share the processors.",
];

export const desktopKey: Row = {
  name: "desktop-key",
  title: "From a key in the browser to its letter in a terminal of the XFCE desktop",
  bare: true,
  desktop: true,
  measure,
};
