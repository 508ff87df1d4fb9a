/**
 * Reads a command's words by its description.
 *
 * Options may stand before and after operands until `--`. A command that runs something else (exec)
 * takes everything after its last operand as that, with or without `--`, so `exec web ls -l` means
 * what it says.
 */
import { LodgeError } from "#contract/errors";
import type { Command, Input, Option, Options } from "./command.ts";
import { closest } from "./suggest.ts";

/** Options that every command has; main.ts acts on them. */
export const globalOptions = {
  help: { kind: "switch", short: "h", help: "Show this help." },
  verbose: { kind: "switch", short: "v", help: "Show technical detail with errors." },
  home: {
    kind: "single",
    value: "DIR",
    help: "Lodge's home, instead of LODGE_HOME.",
    parse: (text: string) => text,
    complete: "file",
  },
  remote: {
    kind: "single",
    value: "NAME",
    help: "Another computer's Lodge, as 'lodge remote ls' names it.",
    parse: (text: string) => text,
    complete: "remote",
  },
  project: {
    kind: "single",
    value: "NAME",
    help: "The project that it is about, instead of LODGE_PROJECT; lists show all without one.",
    parse: (text: string) => text,
    complete: "project",
  },
  host: {
    kind: "single",
    value: "NAME",
    help: "The host of the cluster that is to answer; lists then show what is on it alone.",
    parse: (text: string) => text,
    complete: "host",
  },
  reason: {
    kind: "single",
    value: "TEXT",
    help: "Why an admin reaches into somebody's desktop, who is told; it is in the audit log.",
    parse: (text: string) => text,
  },
} as const satisfies Options;

export interface Parsed {
  readonly input: Input;
  readonly global: {
    readonly help: boolean;
    readonly verbose: boolean;
    readonly home: string | undefined;
    readonly remote: string | undefined;
    readonly project: string | undefined;
    readonly host: string | undefined;
    readonly reason: string | undefined;
  };
}

/** How many words before the command are options that every command has: `lodge --remote lab ls`. */
export function leadingOptions(words: readonly string[]): number {
  let at = 0;
  for (let word = words[at]; word?.startsWith("-"); word = words[at]) {
    const [, option] =
      Object.entries(globalOptions).find(
        ([key, each]) =>
          word === `-${"short" in each ? each.short : ""}` || word.split("=")[0] === `--${key}`,
      ) ?? [];
    if (!option) break;
    at += option.kind === "single" && !word.includes("=") ? 2 : 1;
  }
  return Math.min(at, words.length);
}

/**
 * @param name the command as it was typed, for messages: "lodge run"
 * @throws LodgeError api.usage, api.invalid
 */
export function parse(command: Command, words: readonly string[], name: string): Parsed {
  const fail = (reason: string): never => {
    throw new LodgeError("api.usage", { reason, command: name });
  };
  const known: Options = { ...globalOptions, ...(command.options as Options) };
  const values: Record<string, unknown> = {};
  const operands: string[] = [];
  let trailing: string[] = [];

  const set = (key: string, option: Option, shown: string, given: string | undefined): void => {
    if (option.kind === "switch") {
      if (given !== undefined) fail(`${shown} takes no value`);
      values[key] = true;
      return;
    }
    try {
      const value: unknown =
        given === undefined && option.kind === "single" ? option.bare : option.parse(given ?? "");
      if (option.kind === "many") values[key] = [...((values[key] as unknown[]) ?? []), value];
      else values[key] = value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new LodgeError("api.invalid", { field: shown, reason: error.message });
    }
  };
  const wantsNext = (option: Option): boolean =>
    option.kind === "many" || (option.kind === "single" && option.bare === undefined);

  let at = 0;
  const next = (shown: string, option: Option): string => {
    const value = words[++at];
    if (value === undefined || value === "--") fail(`${shown} needs ${(option as { value: string }).value}`);
    return value as string;
  };
  const long = (word: string): void => {
    const cut = word.indexOf("=");
    const key = word.slice(2, cut < 0 ? undefined : cut);
    const shown = `--${key}`;
    const option = Object.hasOwn(known, key) ? known[key] : undefined;
    if (option) {
      const given = cut >= 0 ? word.slice(cut + 1) : wantsNext(option) ? next(shown, option) : undefined;
      return set(key, option, shown, given);
    }
    const positive = key.startsWith("no-") ? known[key.slice(3)] : undefined;
    if (positive?.kind === "switch" && cut < 0) values[key.slice(3)] = false;
    else if (positive?.kind === "single" && positive.negated !== undefined && cut < 0) {
      values[key.slice(3)] = positive.negated;
    } else {
      const guess = closest(key, Object.keys(known));
      fail(`There is no option ${shown}${guess === undefined ? "" : ` (did you mean --${guess}?)`}`);
    }
  };
  const short = (word: string): void => {
    for (let index = 1; index < word.length; index++) {
      const shown = `-${word[index]}`;
      const [key, option] =
        Object.entries(known).find(([, each]) => each.short === word[index]) ??
        fail(`There is no option ${shown}`);
      if (!wantsNext(option)) {
        set(key, option, shown, undefined);
        continue;
      }
      const rest = word.slice(index + 1).replace(/^=/, "");
      set(key, option, shown, rest === "" ? next(shown, option) : rest);
      return;
    }
  };

  const most = command.operands.some((operand) => operand.many) ? Infinity : command.operands.length;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") {
      trailing = words.slice(at + 1);
      break;
    }
    if (word.startsWith("--")) long(word);
    else if (word.startsWith("-") && word !== "-") short(word);
    else if (command.trailing !== undefined && operands.length >= most) {
      trailing = words.slice(at);
      break;
    } else operands.push(word);
  }

  const global = {
    help: values["help"] === true,
    verbose: values["verbose"] === true,
    home: values["home"] as string | undefined,
    remote: values["remote"] as string | undefined,
    project: values["project"] as string | undefined,
    host: Object.hasOwn(command.options as Options, "host")
      ? undefined
      : (values["host"] as string | undefined),
    reason: values["reason"] as string | undefined,
  };
  if (!global.help) {
    if (command.trailing === undefined) operands.push(...trailing.splice(0));
    const least = command.operands.filter((operand) => !operand.optional).length;
    if (operands.length < least) fail(`${command.operands[operands.length]?.name} is missing`);
    if (operands.length > most) fail(`'${operands[most]}' is one word too many`);
  }
  return { input: { operands, options: values as Input["options"], trailing }, global };
}
