/**
 * The objects of one kind as users see them: in memory, in order, each with its JSON. Ten thousand of them
 * are listed without reading, sorting or writing all of them out anew for each question.
 */
import type { Owner } from "#contract/access";
import type { Page } from "#contract/call";
import { fromCursor, toCursor, usualLimit } from "./cursor.ts";

export interface Kind<Shown> {
  /** Where the records lie in the store. */
  readonly prefix: string;
  /** What is shown of a record; undefined: nothing, as if it were not there. */
  show(record: unknown): Shown | undefined;
  /** Its place among the others. No two are at the same. */
  place(shown: Shown): string;
  readonly owner: (shown: Shown) => Owner;
  /** The last place comes first. */
  readonly newestFirst?: true;
}

/** What became of an object. */
export interface Turn {
  readonly op: "created" | "changed" | "removed";
  readonly id: string;
  /** Whose it was before and is now; where it was not or is not there, the same. */
  readonly owners: readonly Owner[];
}

interface Entry<Shown> {
  readonly id: string;
  readonly shown: Shown;
  readonly place: string;
  json?: string;
}

export interface PageQuery<Shown> {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly where?: ((shown: Shown) => boolean) | undefined;
}

export class Collection<Shown> {
  readonly kind: Kind<Shown>;
  readonly #entries = new Map<string, Entry<Shown>>();
  /** In order; undefined where that has to be found anew. */
  #order: Entry<Shown>[] | undefined;

  constructor(kind: Kind<Shown>) {
    this.kind = kind;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): Shown | undefined {
    return this.#entries.get(id)?.shown;
  }

  *values(): Iterable<Shown> {
    for (const { shown } of this.#entries.values()) yield shown;
  }

  /** Whose it is; undefined where it is not there. */
  owner(id: string): Owner | undefined {
    const entry = this.#entries.get(id);
    return entry && this.kind.owner(entry.shown);
  }

  ids(): Iterable<string> {
    return this.#entries.keys();
  }

  /** The object as JSON; undefined where it is not there. */
  json(id: string): string | undefined {
    const entry = this.#entries.get(id);
    return entry && textOf(entry);
  }

  /** Takes over what a record has become; undefined: it is gone. */
  take(id: string, record: unknown): Turn | undefined {
    const shown = record === undefined ? undefined : this.kind.show(record);
    const before = this.#entries.get(id);
    if (shown === undefined) {
      if (!this.#entries.delete(id)) return undefined;
      this.#order = undefined;
      return { op: "removed", id, owners: before ? [this.kind.owner(before.shown)] : [] };
    }
    const entry = { id, shown, place: this.kind.place(shown) };
    this.#entries.set(id, entry);
    if (before && this.#order && before.place === entry.place) {
      this.#order[this.#indexOf(this.#order, entry.place)] = entry;
    } else this.#order = undefined;
    const owners = [...(before ? [this.kind.owner(before.shown)] : []), this.kind.owner(shown)];
    return { op: before ? "changed" : "created", id, owners };
  }

  /** Takes over everything there is; returns what is different from before. */
  takeAll(records: ReadonlyMap<string, unknown>): Turn[] {
    const gone = [...this.#entries.keys()].filter((id) => !records.has(id));
    const turns = gone.map((id) => this.take(id, undefined));
    for (const [id, record] of records) {
      const before = this.json(id);
      const turn = this.take(id, record);
      if (turn?.op !== "changed" || this.json(id) !== before) turns.push(turn);
    }
    return turns.filter((turn) => turn !== undefined);
  }

  /** @throws LodgeError api.invalid where the cursor is none. */
  page({ limit = usualLimit, cursor, where }: PageQuery<Shown>, at: string): Page<Shown> {
    const order = this.#sorted();
    const found: Entry<Shown>[] = [];
    let index = cursor === undefined ? 0 : this.#after(order, fromCursor(cursor));
    for (; index < order.length && found.length < limit; index++) {
      const entry = order[index]!;
      if (!where || where(entry.shown)) found.push(entry);
    }
    const last = found.at(-1);
    while (index < order.length && where && !where(order[index]!.shown)) index++;
    const more = last !== undefined && index < order.length;
    return {
      items: found.map(({ shown }) => shown),
      json: found.map(textOf),
      ...(more ? { next: toCursor(last.place) } : {}),
      at,
    };
  }

  #sorted(): Entry<Shown>[] {
    this.#order ??= [...this.#entries.values()].toSorted((a, b) => this.#compare(a.place, b.place));
    return this.#order;
  }

  #compare(a: string, b: string): number {
    const order = a < b ? -1 : a > b ? 1 : 0;
    return this.kind.newestFirst ? -order : order;
  }

  /** The first that comes at or after a place. */
  #indexOf(order: readonly Entry<Shown>[], place: string): number {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(order[middle]!.place, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #after(order: readonly Entry<Shown>[], place: string): number {
    const index = this.#indexOf(order, place);
    return order[index]?.place === place ? index + 1 : index;
  }
}

const textOf = <Shown>(entry: Entry<Shown>): string => (entry.json ??= JSON.stringify(entry.shown));
