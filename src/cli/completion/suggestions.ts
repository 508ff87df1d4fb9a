/** What may stand where the cursor is: read from the commands' own descriptions. */
import type { Command, Completion, Option, Options } from "../command.ts";
import type { Context } from "../context.ts";
import type { CommandTable } from "../entry.ts";
import { readRemotes } from "#client/remotes";
import { globalOptions } from "../parse.ts";

export interface Suggestion {
  readonly word: string;
  readonly about: string;
}

/** Stands for "any file"; the shell knows those better. */
const files: Suggestion = { word: ":files", about: "" };

/** `words` are those after `lodge`, the last one being typed. */
export async function suggestions(
  words: readonly string[],
  commands: CommandTable,
  context: Context,
): Promise<readonly Suggestion[]> {
  const typed = words.at(-1) ?? "";
  const found = await candidates(words, typed, commands, context);
  return found.filter(({ word }) => word === files.word || word.startsWith(typed));
}

async function candidates(
  words: readonly string[],
  typed: string,
  commands: CommandTable,
  context: Context,
): Promise<readonly Suggestion[]> {
  const before = words.slice(0, -1);
  const found = commands.resolve(before);
  if (found) return ofCommand(await found.entry.load(), found.rest, typed, context);
  const [noun] = before;
  if (noun === undefined) return firstWords(commands);
  if (before.length > 1) return [];
  return commands.entries
    .filter((entry) => entry.noun === noun)
    .map(({ verb, summary }) => ({ word: verb, about: summary }));
}

function firstWords({ entries, nouns }: CommandTable): readonly Suggestion[] {
  const short = entries.filter(({ words }) => words.length === 1);
  return [
    ...short.map(({ verb, summary }) => ({ word: verb, about: summary })),
    ...nouns.map((noun) => ({ word: noun, about: `commands on ${noun}s` })),
    { word: "--help", about: "How to use lodge" },
  ];
}

async function ofCommand(
  command: Command,
  before: readonly string[],
  typed: string,
  context: Context,
): Promise<readonly Suggestion[]> {
  if (before.includes("--")) return command.trailing === undefined ? [] : [files];
  const options: Options = { ...(command.options as Options), ...globalOptions };
  const last = before.at(-1) ?? "";
  const awaiting = last.startsWith("-") ? optionOf(options, last) : undefined;
  if (awaiting && takesNext(awaiting)) return named(awaiting.complete, context);
  if (typed.startsWith("-")) return optionWords(options);
  const given = operandsIn(before, options);
  const operand = command.operands[given.length] ?? command.operands.findLast(({ many }) => many);
  return operand ? named(operand.complete, context, typed, given) : [];
}

const takesNext = (option: Option): boolean =>
  option.kind === "many" || (option.kind === "single" && option.bare === undefined);

function optionOf(options: Options, word: string): Option | undefined {
  if (word.startsWith("--")) return options[word.slice(2)];
  return Object.values(options).find(({ short }) => short !== undefined && short === word.at(-1));
}

function operandsIn(words: readonly string[], options: Options): readonly string[] {
  return words.filter((word, index) => {
    const before = words[index - 1] ?? "";
    const option = before.startsWith("-") ? optionOf(options, before) : undefined;
    return !word.startsWith("-") && !(option && takesNext(option));
  });
}

function optionWords(options: Options): readonly Suggestion[] {
  return Object.entries(options).flatMap(([name, option]) => {
    if (option.kind === "switch" && option.on) return [{ word: `--no-${name}`, about: option.help }];
    const bare = { word: `--${name}`, about: option.help };
    if (option.kind !== "single" || option.bare === undefined) return [bare];
    const values = Array.isArray(option.complete) ? (option.complete as readonly string[]) : [];
    const none = option.negated === undefined ? [] : [{ word: `--no-${name}`, about: option.help }];
    return [bare, ...none, ...values.map((value) => ({ word: `--${name}=${value}`, about: option.help }))];
  });
}

/** Names of things, as the daemon knows them now. It may be away: then there are none. */
async function named(
  complete: Completion | readonly string[] | undefined,
  { client }: Context,
  typed = "",
  given: readonly string[] = [],
): Promise<readonly Suggestion[]> {
  if (complete === undefined) return [];
  if (typeof complete !== "string") return complete.map((word) => ({ word, about: "" }));
  // A daemon that is away says so at once; one on a busy computer is worth a moment of whoever pressed Tab.
  const signal = AbortSignal.timeout(3000);
  const path = typed.startsWith(".") || typed.startsWith("/");
  try {
    switch (complete) {
      case "file":
        return [files];
      case "guest":
        return (await client.call("guestList", {}, { signal })).map(({ name, state }) => ({
          word: name,
          about: state,
        }));
      case "disk":
        return (await client.call("guestGet", { params: { guest: given[0] ?? "" } }, { signal })).disks.map(
          ({ id, bus }) => ({ word: id, about: bus }),
        );
      case "nic":
        return (await client.call("guestGet", { params: { guest: given[0] ?? "" } }, { signal })).nics.map(
          ({ id, network }) => ({ word: id, about: network }),
        );
      case "share":
        return (
          (await client.call("guestGet", { params: { guest: given[0] ?? "" } }, { signal })).shares ?? []
        ).map(({ name, path: from }) => ({ word: name, about: from }));
      case "device":
        return (await client.call("deviceList", {}, { signal })).map(({ id, name }) => ({
          word: id,
          about: name,
        }));
      case "snapshot":
        return (await client.call("snapshotList", { params: { guest: given[0] ?? "" } }, { signal })).map(
          ({ name, description }) => ({ word: name, about: description }),
        );
      case "image":
        if (path) return [files];
        return (await client.call("imageList", {}, { signal })).map(({ name, description }) => ({
          word: name,
          about: description,
        }));
      case "recipe":
        return (await client.call("recipeList", {}, { signal })).map(({ name, description }) => ({
          word: name,
          about: description,
        }));
      case "upload":
        return (await client.call("uploadList", {}, { signal })).map(({ id, file }) => ({
          word: id,
          about: file,
        }));
      case "template":
        return (await client.call("templateList", {}, { signal })).map(({ id, imageName }) => ({
          word: id,
          about: imageName,
        }));
      case "network":
        return (await client.call("networkList", {}, { signal })).map(({ name, kind }) => ({
          word: name,
          about: kind,
        }));
      case "firewall":
        return (await client.call("firewallList", {}, { signal })).map(({ name, description }) => ({
          word: name,
          about: description,
        }));
      case "user":
        return (await client.call("userList", {}, { signal })).map(({ name, role }) => ({
          word: name,
          about: role,
        }));
      case "token":
        return (await client.call("tokenList", {}, { signal })).map(({ name, role }) => ({
          word: name,
          about: role,
        }));
      case "project":
        return (await client.call("projectList", {}, { signal })).map(({ name, description }) => ({
          word: name,
          about: description,
        }));
      case "webhook":
        return (await client.call("webhookList", {}, { signal })).map(({ name, state }) => ({
          word: name,
          about: state,
        }));
      case "pool":
        return (await client.call("poolList", {}, { signal })).map(({ name, kind }) => ({
          word: name,
          about: kind,
        }));
      case "desktop-pool":
        return (await client.call("desktopPoolList", {}, { signal })).map(({ name, title }) => ({
          word: name,
          about: title,
        }));
      case "desktop":
        return (await client.call("desktopList", {}, { signal })).map(({ id, user, poolName }) => ({
          word: id,
          about: `${user}, ${poolName}`,
        }));
      case "volume":
        return (await client.call("volumeList", {}, { signal })).map(({ name, pool }) => ({
          word: name,
          about: pool,
        }));
      case "host":
        return (await client.call("clusterHosts", {}, { signal })).map(({ name, answers }) => ({
          word: name,
          about: answers ? "" : "does not answer",
        }));
      case "remote":
        return Object.entries(readRemotes()).map(([word, { url }]) => ({ word, about: url }));
      case "recording":
        return (await client.call("recordingList", {}, { signal })).map(({ id, guestName }) => ({
          word: id,
          about: guestName,
        }));
      case "operation":
        return (await client.call("operationList", {}, { signal })).map(({ id, kind }) => ({
          word: id,
          about: kind,
        }));
    }
  } catch {
    return [];
  }
}
