/** Which desktops of an earlier revision are ended for what is new, so many at a time, each announced. Pure. */
import type { Announced } from "#contract/schema/desktop";
import type { Known } from "./known.ts";

export function rollingOut(
  { pools, desktops, guests }: Pick<Known, "pools" | "desktops" | "guests">,
  now: number,
): { readonly id: string; readonly announced: Announced }[] {
  const found = [];
  for (const pool of pools.values()) {
    if (pool.rollOut.by !== "wave" || pool.keeps === "guest") continue;
    const { atOnce, notice } = pool.rollOut;
    const outdated = [...desktops.values()].filter(
      ({ pool: of, revision }) => of === pool.id && revision !== pool.revision,
    );
    const underWay = outdated.filter(
      ({ ending, announced }) => ending || announced?.why === "roll-out",
    ).length;
    const next = outdated
      .filter(({ ending, announced }) => !ending && announced === undefined)
      .filter(({ guest }) => guest !== undefined && guests.has(guest))
      .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
      .slice(0, Math.max(0, atOnce - underWay));
    const at = new Date(now + notice * 1000).toISOString();
    for (const { id } of next)
      found.push({ id, announced: { at, what: "sign-off", why: "roll-out" } as const });
  }
  return found;
}
