/**
 * What a port remembers of who spoke first, as it goes along when its guest moves to another host: without it an answer on
 * its way would be looked at there as somebody's first word. (pure)
 */
import { guardTable } from "./names.ts";

/** Elements of one of a port's sets. */
export interface CarriedSet {
  /** What is before the port in the set's name: "in4", "out6t", "ended4". */
  readonly kind: string;
  readonly elements: readonly { readonly key: string; readonly seconds: number }[];
}

/** As `nft -j list sets` tells a set. */
export interface ListedSet {
  readonly name: string;
  readonly elem?: readonly {
    readonly elem?: {
      readonly val?: { readonly concat?: readonly (string | number)[] };
      readonly expires?: number;
    };
  }[];
}

const kindOf = (name: string, tap: string): string | undefined =>
  /^((?:in|out)[46]t?|ended[46])_(.*)$/.exec(name)?.[2] === tap ? name.slice(0, -tap.length - 1) : undefined;

export function carriedSets(sets: readonly ListedSet[], tap: string): CarriedSet[] {
  return sets.flatMap(({ name, elem = [] }) => {
    const kind = kindOf(name, tap);
    if (kind === undefined || elem.length === 0) return [];
    const elements = elem.flatMap(({ elem: one }) => {
      const key = one?.val?.concat?.join(" . ");
      return key === undefined ? [] : [{ key, seconds: one?.expires ?? 1 }];
    });
    return [{ kind, elements }];
  });
}

/** An address, a protocol and two ports, or without these: another host says it, and it becomes words for nft. */
const isKey = /^[0-9a-f.:]+ \. [a-z0-9-]+( \. [0-9]+ \. [0-9]+)?$/;

/** Input for nft; what the port has no set for is left out: its groups are others there. */
export function carriedSetsText(
  tag: string,
  tap: string,
  carried: readonly CarriedSet[],
  there: { has(set: string): boolean },
): string {
  const at = `bridge ${guardTable(tag)}`;
  const lines = carried.flatMap(({ kind, elements: all }) => {
    const set = `${kind}_${tap}`;
    const elements = all.filter(({ key, seconds }) => isKey.test(key) && Number.isFinite(seconds));
    if (!there.has(set) || elements.length === 0) return [];
    const text = (each: (one: CarriedSet["elements"][number]) => string) =>
      `element ${at} ${set} { ${elements.map(each).join(", ")} }`;
    const bare = text(({ key }) => key);
    const timed = text(({ key, seconds }) => `${key} timeout ${Math.max(1, Math.ceil(seconds))}s`);
    return [`add ${bare}`, `delete ${bare}`, `add ${timed}`];
  });
  return lines.map((line) => `${line}\n`).join("");
}
