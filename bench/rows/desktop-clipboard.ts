/** A megabyte of text by the clipboard, into a desktop and out of it. */
import { createHash } from "node:crypto";
import { BothViews } from "../desktop/both-views.ts";
import { asUser, type DesktopGuest } from "../desktop/desktop-guest.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";
import type { Screen } from "../web/screen.ts";
import { patience } from "../web/visit.ts";

const sizes = { "a megabyte of text": 1_000_000, "ten letters": 10 } as const;
type Size = keyof typeof sizes;
const file = "/dev/shm/copied";

/** Another text each time, of so many bytes. */
function textOf(bytes: number, time: number): string {
  return `${time} 0123456789abcdef\n`.repeat(Math.ceil(bytes / 18)).slice(0, bytes);
}

const sum = (text: string): string => createHash("md5").update(text).digest("hex");

/** Copied in the browser, some seconds later pasted in the guest; milliseconds that the pasting took there. */
async function goesIn(desktop: DesktopGuest, screen: Screen, text: string): Promise<number> {
  const { page } = screen.visit;
  await screen.visit.ask(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  // What was copied elsewhere is offered as somebody comes to the display.
  await screen.visit.ask("document.activeElement.blur()");
  await page.locator("canvas").click();
  const paste =
    "a=$(date +%s%N); timeout 20 xclip -selection clipboard -o >/dev/shm/pasted; b=$(date +%s%N); echo $((b - a)) $(md5sum </dev/shm/pasted)";
  for (const end = performance.now() + patience; performance.now() < end;) {
    await rest(2000);
    const [took, seen] = (await desktop.sh(`${asUser.join(" ")} sh -c '${paste}'`)).split(" ");
    if (seen === sum(text)) return Number(took) / 1e6;
  }
  throw new TypeError(`${text.length} letters were never pasted in the guest`);
}

/** Copied in the guest; milliseconds until the browser's clipboard has it. */
async function comesOut(desktop: DesktopGuest, screen: Screen, text: string): Promise<number> {
  await desktop.give(file, Buffer.from(text));
  // It goes to whoever acted last.
  await screen.press("a");
  const command = await desktop.begin(
    ...asUser,
    "sh",
    "-c",
    `echo copied; exec xclip -selection clipboard -i ${file} >/dev/null 2>&1`,
  );
  command.stdin.end();
  command.stderr.resume();
  const begin = await new Promise<number>((resolve) =>
    command.stdout.once("data", () => resolve(performance.now())),
  );
  const arrived = `(async () => {
    for (const end = performance.now() + ${patience - 5000}; performance.now() < end;) {
      const text = await navigator.clipboard.readText();
      if (text.length === ${text.length} && text.startsWith(${JSON.stringify(text.slice(0, 10))})) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return false;
  })()`;
  const has = await screen.visit.ask<boolean>(arrived);
  const took = performance.now() - begin;
  if (!has) throw new TypeError(`${text.length} letters never came out of the guest`);
  await command.exit;
  return took;
}

async function measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Result> {
  const views = await BothViews.inConsole(lodge, say);
  try {
    const work = (screen: Screen) => figuresOf(views.place.desktop, screen, extent, say);
    const may = ({ page }: Screen["visit"]) =>
      page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    return { figures: await views.see("Lodge", work, may), notes };
  } finally {
    await views.close();
  }
}

async function figuresOf(
  desktop: DesktopGuest,
  screen: Screen,
  extent: Extent,
  say: (line: string) => void,
): Promise<Figure[]> {
  const ways = [
    ["pasted in the guest, until all of it is there", goesIn],
    ["copied in the guest, until the browser's clipboard has it", comesOut],
  ] as const;
  const figures: Figure[] = [];
  for (const [what, go] of ways)
    for (const size of Object.keys(sizes) as Size[]) {
      const samples: number[] = [];
      for (let time = 0; time < extent.times(10); time++)
        samples.push(await go(desktop, screen, textOf(sizes[size], time)));
      say(`${size}, ${what}: ${samples.map((each) => each.toFixed(0)).join(" ")} ms`);
      const bars = sizes[size] > 1000 ? ([{ of: "median", atMost: 1000 }] as const) : [];
      figures.push({ what: `${size}, ${what}`, who: "Lodge", unit: "ms", samples, bars });
    }
  return figures;
}

const notes = [
  "In the guest xclip pastes and copies; its start, which is most of what ten letters take, is in the figures. " +
    "What was copied in the browser is fetched only as it is pasted. Each text is compared as a whole.",
  "There is no peer: noVNC hands copied text to QEMU's VNC server, which gives it to a guest only by a device that keeps it from migrating and from snapshots.",
];

export const desktopClipboard: Row = {
  name: "desktop-clipboard",
  title: "A megabyte of text by the clipboard, into the XFCE desktop and out of it",
  bare: true,
  desktop: true,
  measure,
};
