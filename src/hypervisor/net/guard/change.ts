/**
 * From the table that is there to the one that shall be, as one transaction of nft's (pure): objects first, then
 * chains without what is to go, then elements, then what nothing refers to any more.
 */
import { guardTable } from "./names.ts";
import type { Table, TableSet } from "./table.ts";

/** What an earlier daemon left: names, and nothing of what is in them. */
export interface Found {
  readonly sets: ReadonlyMap<string, "set" | "map">;
  readonly counters: ReadonlySet<string>;
  readonly chains: ReadonlySet<string>;
}

const nothing: Found = { sets: new Map(), counters: new Set(), chains: new Set() };

const same = (a: readonly string[], b: readonly string[] | undefined): boolean =>
  a === b || (b !== undefined && a.length === b.length && a.every((line, i) => line === b[i]));

const missing = <K>(of: Iterable<K>, there: { has(key: K): boolean } | undefined): K[] =>
  [...of].filter((key) => !there?.has(key));

export const guardRemoval = (tag: string): string =>
  `table bridge ${guardTable(tag)}\ndelete table bridge ${guardTable(tag)}\n`;

/** Input for `nft -f -`; empty where nothing changes. Flows that packets noted stay, so that their answers do. */
export function changeText(tag: string, now: Table | Found | undefined, wanted: Table): string {
  const at = `bridge ${guardTable(tag)}`;
  const before: Table | undefined = now && "hooks" in now ? now : undefined;
  const found: Found = before ? namesOf(before) : ((now as Found | undefined) ?? nothing);
  const lines: string[] = [];
  const lastly: string[] = [];
  if (!before) lines.push(`add table ${at}`);

  for (const [name, { kind, spec }] of wanted.sets)
    if (!before || !found.sets.has(name)) lines.push(`add ${kind} ${at} ${name} { ${spec} }`);
  for (const name of missing(wanted.counters, found.counters)) lines.push(`add counter ${at} ${name} { }`);
  for (const name of wanted.chains.keys()) {
    const hook = wanted.hooks.get(name);
    if (!found.chains.has(name)) lines.push(`add chain ${at} ${name}${hook ? ` { ${hook} }` : ""}`);
  }

  const goneChains = missing(found.chains, wanted.chains);
  const changed = [...wanted.chains].filter(
    ([name, rules]) => !before || !same(rules, before.chains.get(name)),
  );
  for (const [name, set] of wanted.sets)
    elementChanges(name, set, before?.sets.get(name), found.sets.has(name));
  for (const name of goneChains) lines.push(`flush chain ${at} ${name}`);
  for (const [name] of changed) if (found.chains.has(name)) lines.push(`flush chain ${at} ${name}`);
  for (const [name, rules] of changed) for (const rule of rules) lines.push(`add rule ${at} ${name} ${rule}`);
  for (const name of goneChains) lastly.push(`delete chain ${at} ${name}`);
  for (const [name, kind] of found.sets)
    if (!wanted.sets.has(name)) lastly.push(`delete ${kind} ${at} ${name}`);
  for (const name of missing(found.counters, wanted.counters)) lastly.push(`delete counter ${at} ${name}`);
  return [...lines, ...lastly].map((line) => `${line}\n`).join("");

  function elementChanges(name: string, set: TableSet, old: TableSet | undefined, there: boolean): void {
    if (!set.elements) return;
    if (!before && there) lines.push(`flush ${set.kind} ${at} ${name}`);
    const gone = [...(old?.elements ?? [])].filter(([key, to]) => set.elements!.get(key) !== to);
    const fresh = [...set.elements].filter(([key, to]) => old?.elements?.get(key) !== to);
    const list = (entries: readonly (readonly [string, string])[], valued: boolean) =>
      entries.map(([key, to]) => (valued && to !== "" ? `${key} : ${to}` : key)).join(", ");
    if (gone.length > 0) lines.push(`delete element ${at} ${name} { ${list(gone, true)} }`);
    if (fresh.length > 0) lastly.unshift(`add element ${at} ${name} { ${list(fresh, true)} }`);
  }
}

const namesOf = (table: Table): Found => ({
  sets: new Map([...table.sets].map(([name, { kind }]) => [name, kind])),
  counters: table.counters,
  chains: new Set(table.chains.keys()),
});
