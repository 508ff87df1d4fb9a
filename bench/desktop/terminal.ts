/** A desktop's terminal as it is on the screen: where the next letters come that are typed at its prompt. */
import { rest } from "../row.ts";
import type { Area, Screen } from "../web/screen.ts";

/** Milliseconds for a terminal that is the first of its guest's: its code is translated meanwhile. */
const patience = 60_000;
/** Pixels that a window has at least. */
const window = 50_000;
/** Pixels of a prompt's green. */
const leastGreen = 200;
/** Milliseconds without a change after which a screen is at rest. */
const still = 3000;

/** Resolves once nothing has changed on the screen for a while; how it differs from what was kept then. */
export async function settled(screen: Screen, kept: string, pixels: number): Promise<Area> {
  let [last, since] = [-1, performance.now()];
  for (const end = performance.now() + patience; performance.now() < end; await rest(250)) {
    const { count, box } = await screen.differing(kept);
    if (count !== last) [last, since] = [count, performance.now()];
    else if (box && count >= pixels && performance.now() - since > still) return box;
  }
  throw new TypeError(`after ${patience} ms ${last} pixels were otherwise, and not at rest`);
}

/** How much of the screen is of the green that a prompt has. */
export const green = (screen: Screen): Promise<number> => screen.visit.ask("bench.green()");

/** Opens one by its shortcut; the area that its window has. */
export async function openTerminal(screen: Screen): Promise<Area> {
  await screen.keep("before");
  const without = await green(screen);
  await screen.combination("Control+Alt+t");
  // Its window is there seconds before its prompt, and rests meanwhile.
  for (
    const end = performance.now() + patience;
    (await green(screen)) < without + leastGreen;
    await rest(250)
  )
    if (performance.now() > end) throw new TypeError(`after ${patience} ms the terminal had no prompt`);
  return settled(screen, "before", window);
}

/** The cells of so many letters from the cursor on. Its line is empty again afterwards. */
export async function cellsAtPrompt(screen: Screen, count: number): Promise<Area[]> {
  const boxes: Area[] = [];
  for (let at = 0; at < 2; at++) {
    await screen.keep("line");
    await screen.press("x");
    boxes.push(await settled(screen, "line", 1));
  }
  const [first, second] = boxes as [Area, Area];
  const width = second.x - first.x;
  // The cursor's cell has become the letter's, and the next one the cursor's.
  if (width < 4 || Math.abs(first.width - 2 * width) > 2 || first.height > 40)
    throw new TypeError(`a letter changed ${JSON.stringify(first)}, the next one ${JSON.stringify(second)}`);
  await emptyLine(screen);
  const { x, y, height } = first;
  return Array.from({ length: count }, (_, at) => ({ x: x + at * width, y, width, height }));
}

export async function emptyLine(screen: Screen): Promise<void> {
  await screen.combination("Control+u");
  await rest(1500);
}
