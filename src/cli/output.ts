/** Listings and single things in the format that was asked for. */
import { choice, flag } from "./command.ts";
import type { Spread } from "#client/request";
import type { Terminal } from "./terminal.ts";
import { sheet, table, type Column } from "./table.ts";

export type Format = "table" | "json" | "yaml";

export const formatOption = {
  format: choice(["table", "json", "yaml"], "How to print it.", { short: "f" }),
} as const;

export const listOptions = {
  ...formatOption,
  quiet: flag("Print names or ids alone.", { short: "q" }),
} as const;

export interface Listing<T> {
  readonly columns: readonly Column<T>[];
  /** What --quiet prints. */
  readonly name: (item: T) => string;
  /** Said where there is nothing to list and somebody reads it. */
  readonly empty: string;
}

/** Items, or those of a cluster's hosts with the names of the hosts that did not answer. */
export type Listed<T> = readonly T[] | Spread<T>;

const isSpread = <T>(listed: Listed<T>): listed is Spread<T> => !Array.isArray(listed);

export async function printList<T>(
  terminal: Terminal,
  listed: Listed<T>,
  options: { readonly format: Format | undefined; readonly quiet: boolean | undefined },
  listing: Listing<T>,
): Promise<void> {
  const [items, unanswered] = isSpread(listed) ? [listed.items, listed.unanswered] : [listed, []];
  if (unanswered.length > 0) terminal.note(withoutHosts(unanswered));
  if (options.quiet) return void items.forEach((item) => terminal.print(listing.name(item)));
  // Whoever reads only a part must not take it for the whole.
  if (options.format === "json" || options.format === "yaml")
    return printData(terminal, unanswered.length > 0 ? { items, unanswered } : items, options.format);
  if (items.length === 0) return terminal.note(listing.empty);
  const header = (text: string) => terminal.paint("dim", text);
  const lines = table(items, withProject(items, withHost(items, listing.columns)), {
    columns: terminal.columns,
    header,
  });
  terminal.print(lines.join("\n"));
}

const withoutHosts = (hosts: readonly string[]): string =>
  `What is on ${hosts.join(", ")} is not shown: ${hosts.length === 1 ? "that host does" : "those hosts do"} not answer.`;

/** Where each is, in a cluster. */
function withHost<T>(items: readonly T[], columns: readonly Column<T>[]): readonly Column<T>[] {
  const hostOf = (item: T): string => (item as { readonly host?: string }).host ?? "–";
  if (items.every((item) => (item as { readonly host?: string }).host === undefined)) return columns;
  return [...columns.slice(0, 1), { title: "HOST", cell: hostOf }, ...columns.slice(1)];
}

/** Whose each is, where they are of more than one project. */
function withProject<T>(items: readonly T[], columns: readonly Column<T>[]): readonly Column<T>[] {
  const projectOf = (item: T): string => (item as { readonly project?: string }).project ?? "–";
  if (new Set(items.map(projectOf)).size < 2) return columns;
  return [...columns.slice(0, 1), { title: "PROJECT", cell: projectOf }, ...columns.slice(1)];
}

export async function printItem<T>(
  terminal: Terminal,
  item: T,
  format: Format | undefined,
  rows: (item: T) => readonly (readonly [name: string, value: string | undefined])[],
): Promise<void> {
  if (format === "json" || format === "yaml") return printData(terminal, item, format);
  const shown = rows(item).filter(
    (row): row is readonly [string, string] => row[1] !== undefined && row[1] !== "",
  );
  for (const line of sheet(shown, (text) => terminal.paint("dim", text))) terminal.print(line);
}

export async function printData(terminal: Terminal, data: unknown, format: "json" | "yaml"): Promise<void> {
  if (format === "json") return terminal.print(JSON.stringify(data, null, 2));
  const { stringify } = await import("yaml");
  terminal.print(stringify(data).trimEnd());
}
