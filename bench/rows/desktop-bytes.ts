/** What scripted work at a desktop has the network carry, and when text is exact again; beside noVNC on the same guest. */
import { BothViews, type Console, type Who } from "../desktop/both-views.ts";
import { openTerminal } from "../desktop/terminal.ts";
import {
  carried,
  dragging,
  prepareMotion,
  prepareText,
  reading,
  scrolling,
  smoothly,
  typing,
  watching,
  type Bytes,
} from "../desktop/work.ts";
import { median, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import type { Extent, Result, Row } from "../row.ts";
import type { Area, Screen } from "../web/screen.ts";
import { wireScript } from "../web/wire-script.ts";

const works = {
  typing: "70 letters",
  scrolling: "20 pages of a text in the terminal, 0.4 s each",
  dragging: "the terminal's window once around, in 3 s",
  film: "a film of 640 × 360, 15 pictures a second, 10 s",
  text: "a text of 640 × 360 that moves by 6 lines, 15 times a second, 5 s",
} as const;
type Work = keyof typeof works;

/** What was measured of one viewer. */
class Account {
  readonly kib: Record<Work, number[]> = { typing: [], scrolling: [], dragging: [], film: [], text: [] };
  readonly pictures: number[] = [];
  /** Milliseconds. */
  readonly exactAfter: number[] = [];
  never = 0;

  add(work: Work, { received, sent }: Bytes): void {
    this.kib[work].push((received + sent) / 1024);
  }
}

async function pass(
  views: BothViews<Console>,
  screen: Screen,
  terminal: Area,
  account: Account,
  quick: boolean,
): Promise<void> {
  const { desktop } = views.place;
  account.add("typing", await carried(screen, () => typing(screen)));
  await reading(screen, async () => {
    account.add("scrolling", await carried(screen, () => scrolling(screen)));
  });
  account.add("dragging", await carried(screen, () => dragging(screen, terminal)));
  const film = await watching(desktop, screen, quick ? 3 : 10);
  account.add("film", film.bytes);
  account.pictures.push(film.pictures);
  const text = await smoothly(desktop, screen, quick ? 2 : 5);
  account.add("text", text.bytes);
  if (text.exactAfter === undefined) account.never++;
  else account.exactAfter.push(text.exactAfter);
}

function figuresOf(all: ReadonlyMap<Who, Account>): Figure[] {
  const figures: Figure[] = [];
  const [own, theirs] = [all.get("Lodge")!, all.get("noVNC")];
  for (const [work, what] of Object.entries(works) as [Work, string][]) {
    for (const [who, { kib }] of all) figures.push({ what, who, unit: "KiB", samples: kib[work], bars: [] });
    if (theirs)
      figures.push({
        what: `${what}: Lodge's by noVNC's (medians)`,
        who: "Lodge",
        unit: "times",
        samples: [median(own.kib[work]) / median(theirs.kib[work])],
        bars: [{ of: "median", atMost: 1 }],
      });
  }
  for (const [who, { pictures }] of all)
    figures.push({
      what: "different pictures shown of the film",
      who,
      unit: "count",
      samples: pictures,
      bars: [],
    });
  for (const [who, { exactAfter }] of all)
    figures.push({
      what: "from the end of the text's motion until it is exact",
      who,
      unit: "ms",
      samples: exactAfter,
      bars: who === "Lodge" ? [{ of: "most", atMost: 500 }] : [],
    });
  return figures;
}

async function measure(
  lodge: Lodge,
  extent: Extent,
  say: (line: string) => void,
  keep: (part: Result) => void,
): Promise<Result> {
  const views = await BothViews.inConsole(lodge, say);
  try {
    const all = new Map<Who, Account>(views.whos.map((who) => [who, new Account()]));
    const result = () => ({
      figures: figuresOf(all),
      notes: [...notes, ...[...all].flatMap(inexact), views.note],
    });
    let terminal: Area | undefined;
    for (let turn = 0; turn < extent.times(6) / 2; turn++)
      for (const who of views.whos) {
        const see = async (screen: Screen) => {
          terminal ??= await prepare(views.place, screen);
          await pass(views, screen, terminal, all.get(who)!, extent.quick);
        };
        await views.see(who, see, (visit) => visit.page.addInitScript(wireScript));
        const { kib, exactAfter } = all.get(who)!;
        const words = Object.entries(kib).map(([work, each]) => `${work} ${each.at(-1)!.toFixed(0)} KiB`);
        say(`${who}: ${words.join(", ")}; exact after ${exactAfter.at(-1)?.toFixed(0)} ms`);
        keep(result());
      }
    return result();
  } finally {
    await views.close();
  }
}

/** A terminal, and in the guest what is to move; the terminal's area. */
async function prepare({ desktop }: Console, screen: Screen): Promise<Area> {
  await prepareText(desktop);
  const terminal = await openTerminal(screen);
  await reading(screen, () =>
    prepareMotion(desktop, screen, { ...terminal, x: terminal.x + 6, y: terminal.y + 54 }),
  );
  return terminal;
}

const inexact = ([who, { never }]: readonly [Who, Account]): string[] =>
  never === 0 ? [] : [`${who}: ${never} times the text was not what QEMU's screen had within 4 s.`];

const notes = [
  "Bytes of the page's WebSockets in both directions, with their frames' heads, from the work's begin until nothing has come for 3 s. " +
    "The work is done by Chromium's debugging protocol and, where something moves by itself, by a program in the guest.",
  "The film is made up: shades, a ball that goes around, grain. Its pictures bear numbers, which the page reads off the canvas.",
  "Exact: each pixel of the canvas is what QEMU's own screendump has. The time begins when the guest's X server has drawn the last picture.",
];

export const desktopBytes: Row = {
  name: "desktop-bytes",
  title: "What work at the XFCE desktop has the network carry, and when moved text is exact",
  bare: true,
  desktop: true,
  measure,
};
