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

/** All commands: commands.ts. */
export interface CommandTable {
  readonly entries: readonly Entry[];
  readonly nouns: readonly string[];
  /** The command that words begin with, and the rest of them. */
  resolve(words: readonly string[]): { readonly entry: Entry; readonly rest: readonly string[] } | undefined;
}
