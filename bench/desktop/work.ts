/** What somebody does at a desktop, as a script: the same by whatever it is seen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rest } from "../row.ts";
import type { Area, Screen } from "../web/screen.ts";
import type { DesktopGuest } from "./desktop-guest.ts";
import { column, film, number, size } from "./moving-pictures.ts";
import { settled } from "./terminal.ts";

const folder = "/dev/shm";
/** What is read in the terminal: of small letters, since a page is typed it without its shift. */
const text = `${folder}/licence`;
/** Where motion.pl has its window. */
const window: Area = { x: 320, y: 180, ...size };
const rate = 15;

export interface Bytes {
  readonly received: number;
  readonly sent: number;
}

const bytes = (screen: Screen): Promise<Bytes> => screen.visit.ask("wire");

/** What a piece of work has a page's sockets carry, until nothing comes any more. */
export async function carried(screen: Screen, work: () => Promise<void>): Promise<Bytes> {
  const before = await bytes(screen);
  await work();
  let last = await bytes(screen);
  for (let [since, end] = [performance.now(), performance.now() + 20_000]; ; await rest(200)) {
    const now = await bytes(screen);
    if (now.received - last.received > 200) [last, since] = [now, performance.now()];
    if (performance.now() - since > 3000 || performance.now() > end)
      return { received: now.received - before.received, sent: now.sent - before.sent };
  }
}

export async function typing(screen: Screen): Promise<void> {
  for (let line = 0; line < 2; line++) {
    for (const letter of "thequickbrownfoxjumpsoverthelazydog") {
      await screen.press(letter);
      await rest(150);
    }
    await screen.combination("Control+u");
  }
}

/** A text to read, which every Debian has. */
export async function prepareText(desktop: DesktopGuest): Promise<void> {
  await desktop.sh(`cp /usr/share/common-licenses/GPL-3 ${text}`);
}

/** Reads a long text page by page. */
export async function scrolling(screen: Screen): Promise<void> {
  for (let page = 0; page < 20; page++) {
    await screen.combination("Space");
    await rest(400);
  }
}

/** Has a text in the terminal while something is done. */
export async function reading<T>(screen: Screen, work: () => Promise<T>): Promise<T> {
  await screen.keep("prompt");
  await screen.visit.page.keyboard.type(`less ${text}\n`, { delay: 50 });
  await settled(screen, "prompt", 1000);
  const result = await work();
  await screen.press("q");
  await rest(2000);
  return result;
}

/** Moves the terminal by its title, once around and back to where it was. */
export async function dragging(screen: Screen, terminal: Area): Promise<void> {
  const { mouse } = screen.visit.page;
  const [x, y] = [terminal.x + terminal.width / 2, terminal.y + 10];
  const move = async (right: number, down: number) => {
    const place = await screen.place(x + right, y + down);
    await mouse.move(place.x, place.y);
  };
  await move(0, 0);
  await mouse.down();
  const steps = 60;
  for (let step = 1; step <= steps; step++) {
    const turn = (2 * Math.PI * step) / steps;
    await move(150 * Math.sin(turn), 100 - 100 * Math.cos(turn));
    await rest(50);
  }
  await mouse.up();
}

/** Puts what moves into the guest: a film, and a text that is on the screen now. */
export async function prepareMotion(desktop: DesktopGuest, screen: Screen, inText: Area): Promise<void> {
  const seen = await screen.visit.ask<string>(`bench.base64(${JSON.stringify({ ...inText, ...size })})`);
  await desktop.give(`${folder}/text`, column(Buffer.from(seen, "base64"), 4));
  await desktop.give(`${folder}/film`, film(2 * rate));
  await desktop.give(`${folder}/motion.pl`, readFileSync(join(import.meta.dirname, "motion.pl")));
}

/** Has something move for so many seconds; the window stands still while `after` is done. */
async function moving<T>(
  desktop: DesktopGuest,
  what: "text" | "film",
  seconds: number,
  after: () => Promise<T>,
): Promise<T> {
  const { width, height } = size;
  const step = what === "film" ? height : 6;
  const words = [`${folder}/${what}`, width, height, step, seconds * rate, rate].map(String);
  const command = await desktop.begin("perl", `${folder}/motion.pl`, ...words);
  let [said, complaint] = ["", ""];
  const ended = new Promise<void>((resolve) => {
    command.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      if (said.includes("end")) resolve();
    });
  });
  command.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
  const { code } = await Promise.race([ended.then(() => ({ code: 0 })), command.exit]);
  if (code !== 0) throw new TypeError(`nothing moved in the guest: ${complaint}`);
  const result = await after();
  command.stdin.end();
  await command.exit;
  return result;
}

export interface Watched {
  readonly bytes: Bytes;
  /** Different pictures that the page has shown. */
  readonly pictures: number;
}

export async function watching(desktop: DesktopGuest, screen: Screen, seconds: number): Promise<Watched> {
  const place = { ...number, x: window.x, y: window.y };
  await screen.visit.ask(`bench.count(${JSON.stringify(place)})`);
  let pictures = 0;
  const all = await carried(screen, () =>
    moving(desktop, "film", seconds, async () => {
      await rest(3000);
      pictures = await screen.visit.ask<number>("bench.counted()");
    }),
  );
  return { bytes: all, pictures };
}

export interface Scrolled {
  readonly bytes: Bytes;
  /** Milliseconds from the end of the motion until the page had what QEMU has, pixel by pixel; undefined: never. */
  readonly exactAfter: number | undefined;
}

export async function smoothly(desktop: DesktopGuest, screen: Screen, seconds: number): Promise<Scrolled> {
  let exactAfter: number | undefined;
  const all = await carried(screen, () =>
    moving(desktop, "text", seconds, async () => {
      const frames = await screen.visit.ask<[number, number][]>(
        `bench.record(${JSON.stringify(window)}, 4000)`,
      );
      await screen.keepPicture("truth", await desktop.picture(), window);
      const truth = await screen.visit.ask<number>(`bench.sum("truth")`);
      const wrong = frames.findLastIndex(([, sum]) => sum !== truth);
      exactAfter = frames[wrong + 1]?.[0];
    }),
  );
  return { bytes: all, exactAfter };
}
