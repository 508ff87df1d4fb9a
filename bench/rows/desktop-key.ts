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
const slowly = () => 700 + Math.random() * 300;
const quickly = () => 100;

interface Typed {
  readonly slow: number[];
  readonly burst: number[];
}

async function round(screen: Screen, cells: readonly Area[], typed: Typed): Promise<void> {
  await emptyLine(screen);
  typed.slow.push(...(await screen.type(letters, cells, slowly)));
  await emptyLine(screen);
  typed.burst.push(...(await screen.type(letters, cells, quickly)));
  await emptyLine(screen);
}

function figuresOf(all: ReadonlyMap<Who, Typed>): Figure[] {
  const figures: Figure[] = [];
  const kinds = [
    ["slow", "a key, 0.7 to 1 s after the one before"],
    ["burst", "a key of a burst, 0.1 s after the one before"],
  ] as const;
  for (const [kind, what] of kinds) {
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
    const all = new Map<Who, Typed>(views.whos.map((who) => [who, { slow: [], burst: [] }]));
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
        say(`${who}: ${median(typed.slow).toFixed(0)} ms, in bursts ${median(typed.burst).toFixed(0)} ms`);
        if (turn > 0) keep(result());
      }
    return result();
  } finally {
    await views.close();
  }
}

const notes = [
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
