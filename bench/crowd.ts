/** Many guests at a time: made once, for all rows that stand on them. */
import { readFileSync } from "node:fs";
import type { Guest } from "#contract/schema/guest";
import { answersPing } from "./answers.ts";
import { abreast, type Lodge } from "./lodge.ts";
import { rest } from "./row.ts";

/** Guests that are made at a time. */
const width = 10;

export interface Crowd {
  readonly guests: readonly Guest[];
  /** Milliseconds until all were up and each had answered. */
  readonly time: number;
  /** How many had answered a command, and a ping. */
  readonly commands: number;
  readonly pings: number;
}

export async function makeCrowd(lodge: Lodge, count: number, say: (line: string) => void): Promise<Crowd> {
  await lodge.parked();
  const begin = performance.now();
  let pings = 0;
  let commands = 0;
  const guests = await abreast(count, width, async (i) => {
    const guest = await lodge.run({ name: `crowd-${i + 1}` });
    if ((await lodge.inside(guest.name, "true")).code === 0) commands++;
    if (await answersPing(guest)) pings++;
    if ((i + 1) % 20 === 0) say(`${i + 1} guests after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    return guest;
  });
  return { guests, time: performance.now() - begin, commands, pings };
}

/** A crowd for a row that only looks at it. */
export const standing = (
  lodge: Lodge,
  count: number,
  say: (line: string) => void,
): Promise<readonly Guest[]> =>
  lodge.crowd(async () => {
    const { guests } = await makeCrowd(lodge, count, say);
    await rest(10_000);
    return guests;
  });

/** MiB that the kernel says are to be had. */
export const availableMemory = (): number =>
  Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))![1]) / 1024;
