/**
 * Every command, once: what it is called, what it is about in one line, and where it is, in commands/. A command's
 * file is loaded when it is asked for, so that no command pays for another.
 */
import { ofAccess } from "./commands/access.ts";
import { ofGuests } from "./commands/guests.ts";
import { ofHost } from "./commands/host.ts";
import { ofImages } from "./commands/images.ts";
import type { CommandTable, Entry } from "./entry.ts";

export const entries: readonly Entry[] = [
  ...ofGuests,
  ...ofImages,
  ...ofAccess,
  ...ofHost(() => ({ entries, nouns, resolve })),
];

export const nouns: readonly string[] = [...new Set(entries.map((entry) => entry.noun))];

export const resolve: CommandTable["resolve"] = (words) => {
  const [first, second] = words;
  const full = entries.find((each) => each.noun === first && each.verb === second);
  if (full) return { entry: full, rest: words.slice(2) };
  const short = entries.find((each) => each.words.length === 1 && each.verb === first);
  return short && { entry: short, rest: words.slice(1) };
};
