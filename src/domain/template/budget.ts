/**
 * Which templates go when they take more memory or disk than they may, and whether one more may come. A pure
 * decision; stock.ts acts on it.
 *
 *   too much disk     ──► removed   those on which no guest stands, least recently used first
 *   too much memory   ──► evicted   those whose RAM no guest maps, likewise; their files stay, and a fork reads
 *                                   them back
 *
 * What guests use keeps counting and is left alone: its RAM and its disk would stay as long as they do, and
 * another template of the same shape would cost as much again.
 */
export interface Budget {
  /** Bytes of the host's memory, for all templates together. */
  readonly memory: number;
  /** Bytes of its disk. */
  readonly disk: number;
}

export interface Kept {
  readonly id: string;
  readonly state: "building" | "parked" | "evicted" | "stale";
  /** Bytes of memory that its RAM takes; of one that is being built, those it will take. */
  readonly resident: number;
  /** Bytes of disk, likewise. */
  readonly stored: number;
  /** Guests that use it, or will in a moment: that stand on its disk, or map its RAM. */
  readonly guests: number;
  /** Guests that map its RAM, or will in a moment. */
  readonly mapped: number;
  /** When a guest last forked from it, RFC 3339. */
  readonly usedAt: string;
}

/** What is to come: a new template, or the RAM of one that is there already. */
export interface Wanted {
  readonly id?: string;
  readonly resident: number;
  readonly stored: number;
}

interface Choice {
  /** Ids, in this order. */
  readonly remove: readonly string[];
  readonly evict: readonly string[];
  /** Is all within the budget afterwards? */
  readonly fits: boolean;
}

export interface Decision extends Choice {
  /** The most that whatever is wanted could have, were everything to go that may. */
  readonly most: Budget;
}

const nothing: Wanted = { resident: 0, stored: 0 };

const mayGo = ({ state }: Kept): boolean => state === "parked" || state === "evicted";
const removable = (one: Kept): boolean => mayGo(one) && one.guests === 0;
const evictable = (one: Kept): boolean => mayGo(one) && one.mapped === 0 && one.resident > 0;

const order = (a: Kept, b: Kept): number => a.usedAt.localeCompare(b.usedAt) || a.id.localeCompare(b.id);

const sum = (kept: readonly Kept[], of: "resident" | "stored"): number =>
  kept.reduce((total, one) => total + one[of], 0);

/**
 * Makes room for what is wanted, and brings what is there into the budget. What cannot be made room for costs
 * no other template its place.
 */
export function decide(all: readonly Kept[], budget: Budget, wanted: Wanted = nothing): Decision {
  const kept = all.filter(({ id }) => id !== wanted.id);
  const most = {
    memory:
      budget.memory -
      sum(
        kept.filter((one) => !evictable(one) && !removable(one)),
        "resident",
      ),
    disk:
      budget.disk -
      sum(
        kept.filter((one) => !removable(one)),
        "stored",
      ),
  };
  const choice = choose(kept, budget, wanted);
  return { ...(choice.fits ? choice : { ...choose(all, budget, nothing), fits: false }), most };
}

function choose(kept: readonly Kept[], budget: Budget, wanted: Wanted): Choice {
  let memory = budget.memory - wanted.resident - sum(kept, "resident");
  let disk = budget.disk - wanted.stored - sum(kept, "stored");
  const remove: string[] = [];
  const evict: string[] = [];
  const byUse = kept.toSorted(order);
  for (const one of byUse.filter((each) => removable(each) && each.stored > 0)) {
    if (disk >= 0) break;
    remove.push(one.id);
    disk += one.stored;
    memory += one.resident;
  }
  for (const one of byUse.filter((each) => evictable(each) && !remove.includes(each.id))) {
    if (memory >= 0) break;
    evict.push(one.id);
    memory += one.resident;
  }
  return { remove, evict, fits: memory >= 0 && disk >= 0 };
}

/** Those to evict so that the host has so many bytes more, or as many as there are. */
export function toRelease(kept: readonly Kept[], bytes: number, except?: string): string[] {
  const chosen: string[] = [];
  let missing = bytes;
  for (const one of kept.toSorted(order).filter(evictable)) {
    if (missing <= 0) break;
    if (one.id === except) continue;
    chosen.push(one.id);
    missing -= one.resident;
  }
  return chosen;
}
