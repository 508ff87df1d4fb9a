/** From the click to the prompt of a terminal that its shortcut opened; beside raw QEMU after the same fork. */
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ensureWeb } from "../../tools/web.ts";
import { desktopImage, DesktopGuest } from "../desktop/desktop-guest.ts";
import { DesktopPool } from "../desktop/pool.ts";
import { Portal, window } from "../desktop/portal.ts";
import { green, openTerminal } from "../desktop/terminal.ts";
import { median, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { parkedFiles, patternOf, RawMachine, type Pattern } from "../raw-qemu.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";
import { Screen } from "../web/screen.ts";
import { WebVisit } from "../web/visit.ts";
import { later, startWebsockify, websockifyMissing } from "../web/websockify.ts";

const pause = 2000;

/** What a desktop looks like without a terminal, and with how much green there is a prompt. */
interface Looks {
  readonly before: string;
  readonly prompt: number;
}

async function looksOf({ screen }: Portal): Promise<Looks> {
  const before = await screen.picture();
  const without = await green(screen);
  await openTerminal(screen);
  // Names of guests are of different lengths.
  return { before, prompt: (without + (await green(screen))) / 2 };
}

const prepare = (screen: Screen, { before }: Looks): Promise<void> => screen.keepPicture("desktop", before);

/** The picture is there: the shortcut, and what the prompt took from the click on. */
async function prompted(screen: Screen, { prompt }: Looks): Promise<number> {
  const took = screen.visit.ask<number | undefined>(`bench.awaitGreen(${prompt})`);
  await screen.focus();
  await screen.combination("Control+Alt+t");
  const milliseconds = await took;
  if (milliseconds === undefined) throw new TypeError("a prompt was there before its terminal");
  return milliseconds;
}

async function byLodge(pool: DesktopPool, portal: Portal, looks: Looks): Promise<number> {
  await pool.empty();
  await pool.ready(1);
  await rest(pause);
  await portal.list();
  await prepare(portal.screen, looks);
  await portal.click("desktop");
  return prompted(portal.screen, looks);
}

/** What anybody could do with the parked files, noVNC and websockify; the page is loaded and waits for its click. */
class Peer {
  readonly #lodge: Lodge;
  readonly #pattern: Pattern;
  readonly #visit: WebVisit;
  readonly #url: string;
  readonly #target: string;

  constructor(lodge: Lodge, pattern: Pattern, visit: WebVisit, url: string, target: string) {
    this.#lodge = lodge;
    this.#pattern = pattern;
    this.#visit = visit;
    this.#url = url;
    this.#target = target;
  }

  async open(looks: Looks): Promise<number> {
    const { page } = this.#visit;
    await page.goto("about:blank");
    await page.goto(this.#url + later);
    await page.waitForFunction("globalThis.watch !== undefined");
    const screen = new Screen(this.#visit);
    await screen.teach();
    await prepare(screen, looks);
    await rest(pause);
    await this.#visit.ask('bench.awaitPicture("desktop")');
    await page.mouse.click(640, 360);
    const parked = parkedFiles(this.#lodge, this.#pattern.guest);
    const prepared = await RawMachine.prepare(this.#lodge, this.#pattern, { parked });
    const machine = await RawMachine.start(prepared);
    try {
      symlinkSync(join(machine.folder, "display"), this.#target);
      await machine.monitor.execute("cont");
      await this.#visit.ask("watch()");
      await this.#visit.ask("bench.arrival");
      return await prompted(screen, looks);
    } finally {
      rmSync(this.#target, { force: true });
      await machine.remove();
    }
  }
}

/** A guest of the same template, which is all that raw QEMU's are made after; it stands still. */
async function withPeer<T>(lodge: Lodge, url: string, work: (peer: Peer) => Promise<T>): Promise<T> {
  const { guest } = await DesktopGuest.start(lodge, { image: desktopImage, name: "pattern" });
  const visit = await WebVisit.begin(url, window);
  const target = join(lodge.paths.run, "raw-display");
  const websockify = await startWebsockify(join(lodge.paths.home, "novnc"), target);
  try {
    await lodge.client.waitFor(await lodge.client.call("guestPause", { params: { guest: guest.id } }));
    const pattern = await patternOf(await lodge.client.call("guestGet", { params: { guest: guest.id } }));
    return await work(new Peer(lodge, pattern, visit, websockify.url, target));
  } finally {
    await websockify.end();
    await visit.end();
    await lodge.remove(guest);
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
  const missing = await websockifyMissing();
  const pool = await DesktopPool.make(lodge, 1);
  const [own, raw]: [number[], number[]] = [[], []];
  const result = () => ({ figures: figuresOf(own, raw), notes: [...notes, ...(missing ? [missing] : [])] });
  const turns = async (portal: Portal, peer: Peer | undefined) => {
    await portal.list();
    await portal.first();
    const looks = await looksOf(portal);
    for (let time = 0; time < extent.times(16); time++) {
      own.push(await byLodge(pool, portal, looks));
      if (peer) {
        await pool.empty();
        await pool.ready(1);
        raw.push(await peer.open(looks));
      }
      say(`${own.at(-1)!.toFixed(0)} ms, raw QEMU ${raw.at(-1)?.toFixed(0)} ms`);
      keep(result());
    }
  };
  try {
    const through = (peer: Peer | undefined) => Portal.visit(lodge, url, (portal) => turns(portal, peer));
    await (missing ? through(undefined) : withPeer(lodge, url, through));
    return result();
  } finally {
    await pool.remove();
  }
}

function figuresOf(own: readonly number[], raw: readonly number[]): Figure[] {
  const what = "click until a terminal opened by Ctrl+Alt+T shows its prompt";
  const figures: Figure[] = [
    { what: `${what}, a standby is ready`, who: "Lodge", unit: "ms", samples: own, bars: [] },
  ];
  if (raw.length === 0) return figures;
  return [
    ...figures,
    {
      what: `${what}, forked by hand, noVNC and websockify`,
      who: "raw QEMU",
      unit: "ms",
      samples: raw,
      bars: [],
    },
    {
      what: `${what}: Lodge's median by raw QEMU's`,
      who: "Lodge",
      unit: "times",
      samples: [median(own) / median(raw)],
      bars: [{ of: "median", atMost: 1.05 }],
    },
  ];
}

const notes = [
  "In turns, on the same parked files. The shortcut is pressed as soon as the canvas has the desktop's first full picture; the prompt is there when the " +
    "green of the user's name in it is on the canvas. The terminal is the first program of its guest: its code is translated meanwhile, which takes most of the time.",
  "Raw QEMU: a layer, a tap, QEMU, the parked state; noVNC 1.7.0 in a page that is loaded already, behind websockify that runs already. Nobody gives that guest a name or keys of its own.",
];

export const desktopTerminal: Row = {
  name: "desktop-terminal",
  title:
    "From the click to the prompt of a terminal in the XFCE desktop, against raw QEMU after the same fork",
  bare: true,
  desktop: true,
  measure,
};
