/** Help pages: the overview, a noun's page, a command's page. */
import { globalOptions } from "./parse.ts";
import type { Command, Option, Options } from "./command.ts";
import type { Entry } from "./entry.ts";
import { exitCodes } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";
import { wrap } from "./wrap.ts";

const widest = 92;

const pageWidth = (terminal: Terminal): number => Math.min(widest, terminal.columns ?? widest);

const pairs = (
  terminal: Terminal,
  rows: readonly (readonly [left: string, right: string])[],
  least = 0,
): string[] => {
  const longest = Math.max(least, ...rows.map(([left]) => left.length));
  const left = Math.min(longest, 30);
  return rows.flatMap(([name, meaning]) => {
    const label = terminal.paint("cyan", name) + " ".repeat(Math.max(0, left - name.length));
    const lines = wrap(meaning, left + 4, pageWidth(terminal));
    if (name.length > left) return [`  ${label}`, " ".repeat(left + 4) + lines[0], ...lines.slice(1)];
    return [`  ${label}  ${lines[0]}`, ...lines.slice(1)];
  });
};

const intro = `Lodge runs virtual machines on this computer: booted once, then forked in a fraction of a second.`;

const tour: readonly (readonly [string, string])[] = [
  ["lodge run debian-13 --name web", "a new Debian guest"],
  ["lodge exec web -- uname -a", "a command in it"],
  ["lodge shell web", "a shell in it"],
  ["lodge fork web --count 3", "three more, with its memory and processes"],
  ["lodge rm --force web", "away with it"],
];

/** The page of `lodge --help`. */
export function overview(entries: readonly Entry[], terminal: Terminal): string[] {
  const heading = (text: string) => terminal.paint("bold", text);
  const shown = entries.filter((entry) => !entry.hidden);
  const groups = [...new Set(shown.map((entry) => entry.group))];
  const rows = (group: string): (readonly [string, string])[] =>
    shown.filter((entry) => entry.group === group).map((entry) => [entry.words.join(" "), entry.summary]);
  return [
    ...wrap(intro, 0, pageWidth(terminal)),
    "",
    `${heading("Usage:")} lodge COMMAND [OPTION…]`,
    ...groups.flatMap((group) => ["", heading(group), ...pairs(terminal, rows(group), 16)]),
    "",
    heading("For example"),
    ...pairs(terminal, tour),
    "",
    heading("Everywhere"),
    ...pairs(terminal, optionRows(globalOptions), 16),
    "",
    heading("Exit codes"),
    ...pairs(terminal, exitCodes, 4),
    ...wrap(
      "  exec, shell and run pass on their command's own; 125 then means that Lodge failed.",
      2,
      pageWidth(terminal),
    ),
    "",
    "'lodge COMMAND --help' says more about a command.",
  ];
}

/** The page of a noun: `lodge image`. */
export function nounPage(noun: string, entries: readonly Entry[], terminal: Terminal): string[] {
  const rows = entries.map((entry) => [`${noun} ${entry.words.at(-1)}`, entry.summary] as const);
  return [
    `${terminal.paint("bold", "Usage:")} lodge ${noun} COMMAND [OPTION…]`,
    "",
    ...pairs(terminal, rows),
    "",
    `'lodge ${noun} COMMAND --help' says more.`,
  ];
}

/** "lodge cp [OPTION…] FROM TO" */
export function usage(words: readonly string[], command: Command): string {
  const operands = command.operands.map(({ name, optional, many }) => {
    const shown = many ? `${name}…` : name;
    return optional ? `[${shown}]` : shown;
  });
  const options = Object.keys(command.options as Options).length > 0 ? ["[OPTION…]"] : [];
  const trailing = command.trailing === undefined ? [] : [`[-- ${command.trailing}…]`];
  return ["lodge", ...words, ...options, ...operands, ...trailing].join(" ");
}

/** The page of one command. */
export function commandPage(entry: Entry, command: Command, terminal: Terminal): string[] {
  const heading = (text: string) => terminal.paint("bold", text);
  const own = optionRows(command.options);
  const about = command.about?.split("\n\n") ?? [];
  return [
    entry.summary.endsWith("…") ? entry.summary : `${entry.summary}.`,
    "",
    `${heading("Usage:")} ${usage(entry.words, command)}`,
    ...about.flatMap((paragraph) => [
      "",
      ...wrap(paragraph.replace(/\s+/g, " ").trim(), 0, pageWidth(terminal)),
    ]),
    ...(own.length > 0 ? ["", heading("Options"), ...pairs(terminal, own)] : []),
    "",
    heading("Everywhere"),
    ...pairs(terminal, optionRows(globalOptions)),
    "",
    heading("Examples"),
    ...command.examples.flatMap(([line, meaning]) => [
      `  ${terminal.paint("cyan", line)}`,
      `      ${terminal.paint("dim", meaning)}`,
    ]),
  ];
}

function optionRows(options: Options): (readonly [string, string])[] {
  return Object.entries(options).map(([name, option]) => [optionUsage(name, option), option.help]);
}

/** "-f, --format json|yaml|table" */
export function optionUsage(name: string, option: Option): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  if (option.kind === "switch") return `${short}--${option.on ? "no-" : ""}${name}`;
  if (option.kind === "single" && option.bare !== undefined)
    return `${short}--${option.negated === undefined ? "" : "[no-]"}${name}[=${option.value}]`;
  const negated = option.kind === "single" && option.negated !== undefined ? `, --no-${name}` : "";
  return `${short}--${name} ${option.value}${negated}`;
}
