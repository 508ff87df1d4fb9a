/**
 * The command line: finds the command, reads its words, runs it, and turns what it throws into words and an
 * exit code.
 */
import { LodgeError, asLodgeError } from "#contract/errors";
import { entries, nouns, resolve } from "./commands.ts";
import { createContext } from "./context.ts";
import { exitCode, exitCodeOf } from "./exit-code.ts";
import { leadingOptions, parse } from "./parse.ts";
import { report } from "./report.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  endWithReader(terminal);
  let verbose = words.includes("--verbose");
  try {
    const first = leadingOptions(words);
    const found = resolve(words.slice(first));
    if (!found) return await withoutCommand(first < words.length ? words.slice(first) : words, terminal);
    const { entry } = found;
    const rest = [...words.slice(0, first), ...found.rest];
    const command = await entry.load();
    const name = ["lodge", ...entry.words].join(" ");
    const { input, global } = parse(command, rest, name);
    verbose = global.verbose;
    if (global.help) {
      const { commandPage } = await import("./help.ts");
      for (const line of commandPage(entry, command, terminal)) terminal.print(line);
      return exitCode.ok;
    }
    return (await command.run(input, createContext({ ...global, name, terminal }))) ?? exitCode.ok;
  } catch (thrown) {
    const error = asLodgeError(thrown);
    report(error, terminal, { verbose });
    return exitCodeOf(error);
  }
}

/** Whoever reads our output may leave before its end, as `head` does. That ends us, and is no error. */
function endWithReader({ stdout, stderr }: Terminal): void {
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(exitCode.brokenPipe);
  });
  stderr.on("error", () => undefined);
}

/** No words, a noun alone, an option of `lodge` itself, or something that is no command. */
async function withoutCommand(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first, second] = words;
  if (first === "--version" || first === "-V") return main(["version"]);
  if (first === "help" && second !== undefined) return main([...words.slice(1), "--help"]);
  const { nounPage, overview } = await import("./help.ts");
  const asked = first === undefined || first === "--help" || first === "-h" || first === "help";
  if (asked) {
    for (const line of overview(entries, terminal)) terminal.print(line);
    return exitCode.ok;
  }
  if (nouns.includes(first) && (second === undefined || second.startsWith("-"))) {
    const own = entries.filter((entry) => entry.noun === first);
    for (const line of nounPage(first, own, terminal)) terminal.print(line);
    return second === "--help" || second === "-h" ? exitCode.ok : exitCode.usage;
  }
  const { closest } = await import("./suggest.ts");
  const noun = nouns.includes(first);
  const candidates = noun
    ? entries.filter((entry) => entry.noun === first).map((entry) => entry.verb)
    : [...entries.filter((entry) => entry.words.length === 1).map((entry) => entry.verb), ...nouns];
  const typed = noun ? (second ?? "") : first;
  const guess = closest(typed, candidates);
  const prefix = noun ? `${first} ` : "";
  const meant = guess === undefined ? "" : ` (did you mean '${prefix}${guess}'?)`;
  throw new LodgeError("api.usage", {
    reason: `'${prefix}${typed}' is no command${meant}`,
    command: "lodge",
  });
}
