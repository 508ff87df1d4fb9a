/** Guests' limits as they change. Pure: the command line, the web interface and the domain all use it. */
import type { DiskLimits, GuestLimits, LimitsChange, NicLimits } from "./schema/limits.ts";

type Tree = { readonly [name: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;

/** RFC 7396, and what is empty then is left out. */
function merge(now: Tree, change: Tree): Tree {
  const merged: Record<string, unknown> = { ...now };
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) continue;
    const before = merged[name];
    const after = isTree(value) ? merge(isTree(before) ? before : {}, value) : value;
    if (after === null || (isTree(after) && Object.keys(after).length === 0)) delete merged[name];
    else merged[name] = after;
  }
  return merged;
}

/** Undefined, where nothing is limited. */
export function mergeLimits(now: GuestLimits | undefined, change: LimitsChange): GuestLimits | undefined {
  const merged = merge(now ?? {}, change) as GuestLimits;
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/**
 * What holds for one disk, and whether it shares that with the others. Of one with limits of its own, what they do not
 * name is as much as the others have together: no disk is without a limit where there is one for all.
 */
export function limitsOfDisk(
  limits: GuestLimits | undefined,
  disk: string,
): { readonly limits: DiskLimits; readonly alone: boolean } {
  const own = limits?.disks?.[disk];
  const shared = limits?.disk ?? {};
  return own ? { limits: { ...shared, ...own }, alone: true } : { limits: shared, alone: false };
}

export const limitsOfNic = (limits: GuestLimits | undefined, nic: string): NicLimits =>
  limits?.nics?.[nic] ?? limits?.nic ?? {};
