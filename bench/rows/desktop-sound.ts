/** From a program in a desktop that plays a tone to the loudspeaker of the page; and whether that stays so. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BothViews } from "../desktop/both-views.ts";
import { asUser, type DesktopGuest } from "../desktop/desktop-guest.ts";
import { median } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";
import { earScript } from "../web/ear-script.ts";
import type { Screen } from "../web/screen.ts";
import { wallClock } from "../web/visit.ts";

const script = "/dev/shm/beeps.pl";

interface Beep {
  /** Milliseconds since 1970 at which the guest said that it began. */
  readonly at: number;
  /** Milliseconds until it was heard; undefined: it never was. */
  readonly delay: number | undefined;
}

/** As its user, whose PulseAudio it is. */
const player = [...asUser, "perl", script];

async function beeps(
  desktop: DesktopGuest,
  screen: Screen,
  seconds: number,
): Promise<{ beeps: Beep[]; word: number }> {
  const command = await desktop.begin(...player, String(seconds));
  let complaint = "";
  command.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
  const words: number[] = [];
  const said: number[] = [];
  let answered = Promise.withResolvers<void>();
  command.stdout.on("data", (data: Buffer) => {
    for (const line of data.toString().split("\n")) {
      if (line === "beep") said.push(wallClock());
      if (line === "hear") answered.resolve();
    }
  });
  for (let time = 0; time < 20; time++) {
    const begin = performance.now();
    command.stdin.write("hear\n");
    await Promise.race([answered.promise, command.exit]);
    words.push((performance.now() - begin) / 2);
    answered = Promise.withResolvers();
  }
  command.stdin.end("begin\n");
  const { code } = await command.exit;
  if (code !== 0) throw new TypeError(`nothing was played in the guest: ${complaint}`);
  await rest(1000);
  const heard = await screen.visit.ask<number[]>("ear.heard");
  const word = median(words);
  const delayOf = (at: number) => {
    const when = heard.find((each) => each > at - word);
    return when === undefined || when - at > 900 ? undefined : when - at + word;
  };
  return { beeps: said.map((at) => ({ at, delay: delayOf(at) })), word };
}

/** Milliseconds by which the delay grows in a second, and how sure that is: its standard error. Least squares. */
function slope(points: readonly (readonly [number, number])[]): { slope: number; error: number } {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((all, point) => all + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, delay]) => delay)];
  const spread = points.reduce((all, [at]) => all + (at - x) ** 2, 0);
  const rise = points.reduce((all, [at, delay]) => all + (at - x) * (delay - y), 0) / spread;
  const rests = points.reduce((all, [at, delay]) => all + (delay - y - rise * (at - x)) ** 2, 0);
  return { slope: rise, error: Math.sqrt(rests / (points.length - 2) / spread) };
}

async function measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Result> {
  const views = await BothViews.inConsole(lodge, say);
  try {
    const { desktop } = views.place;
    await desktop.give(script, readFileSync(join(import.meta.dirname, "../desktop/beeps.pl")));
    const listen = async (screen: Screen) => {
      await screen.visit.page.getByRole("button", { name: "Listen" }).click();
      await rest(3000);
      // The first seconds fill buffers.
      await beeps(desktop, screen, 3);
      await screen.visit.ask("ear.heard.length = 0");
      return beeps(desktop, screen, extent.minutes * 60);
    };
    const all = await views.see("Lodge", listen, ({ page }) => page.addInitScript(earScript));
    return resultOf(all.beeps, all.word);
  } finally {
    await views.close();
  }
}

function resultOf(all: readonly Beep[], word: number): Result {
  const heard = all.flatMap(({ at, delay }) => (delay === undefined ? [] : [[at / 1000, delay] as const]));
  const delays = heard.map(([, delay]) => delay);
  if (delays.length < 3) throw new TypeError(`of ${all.length} tones ${delays.length} were heard`);
  const third = Math.ceil(delays.length / 3);
  const { slope: growth, error } = slope(heard);
  const seconds = heard.at(-1)![0] - heard[0]![0];
  return {
    figures: [
      {
        what: "from a program's playing a tone until it goes to the page's loudspeaker",
        who: "Lodge",
        unit: "ms",
        samples: delays,
        bars: [{ of: "median", atMost: 150 }],
      },
      {
        what: "what the last third's median is off the first's",
        who: "Lodge",
        unit: "ms",
        samples: [Math.abs(median(delays.slice(-third)) - median(delays.slice(0, third)))],
        bars: [{ of: "most", atMost: 20 }],
      },
    ],
    notes: [
      `${delays.length} of ${all.length} tones were heard, one each second for ${Math.round(seconds)} s. The delay grew by ${(growth * 3600).toFixed(0)} ms an hour, ` +
        `give or take ${(2 * error * 3600).toFixed(0)}: that is the slope of these samples carried on, not an hour that was listened to (--minutes 60 does that).`,
      `PulseAudio's buffers in the guest are in it, those of a player that asks for 20 ms, and the page's 40 ms against unevenness; a sound card's are not. The player plays as programs do that wait for their sound card. The guest's word of a tone took ${word.toFixed(0)} ms (half of ` +
        "there and back), which is added.",
      "There is no peer: noVNC 1.7 plays no sound.",
    ],
  };
}

export const desktopSound: Row = {
  name: "desktop-sound",
  title: "From a tone in the XFCE desktop to the page's loudspeaker",
  bare: true,
  desktop: true,
  measure,
};
