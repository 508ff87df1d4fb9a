import type { Command } from "./command.ts";

/** A command, as the table of all knows it. */
export interface Entry {
  readonly noun: string;
  readonly verb: string;
  /** What is typed: shorthands leave the noun out. */
  readonly words: readonly string[];
  readonly group: string;
  readonly summary: string;
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

type Row = readonly [path: string, summary: string, load: () => Promise<Command>];

/** The commands that help lists below one title. */
export const group = (title: string, rows: readonly Row[]): readonly Entry[] =>
  rows.map(([path, summary, load]) => {
    const [noun = "", verb = ""] = path.split(" ");
    return { noun, verb, words: shorthand(noun, verb) ? [verb] : [noun, verb], group: title, summary, load };
  });

/** Nouns whose verbs may be typed alone; with the noun they work too. Those that guests have as well are guests'. */
const shorthand = (noun: string, verb: string): boolean =>
  noun === "guest" || (noun === "host" && !["show", "set", "resume"].includes(verb));

/** All commands: commands.ts. */
export interface CommandTable {
  readonly entries: readonly Entry[];
  readonly nouns: readonly string[];
  /** The command that words begin with, and the rest of them. */
  resolve(words: readonly string[]): { readonly entry: Entry; readonly rest: readonly string[] } | undefined;
}
