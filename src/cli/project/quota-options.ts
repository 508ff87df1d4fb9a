/** Options for the most that a project may have. "none" takes a quota away. */
import type { QuotaChange } from "#contract/schema/quota";
import { parsed, type Values } from "../command.ts";
import { orNone, parseCount, parseSize } from "../values.ts";

const count = orNone(parseCount(0, 1_000_000));
const size = orNone(parseSize);

export const quotaOptions = {
  "quota-guests": parsed("N", "The most guests it may have; 'none' for as many as it wants.", count),
  "quota-cpus": parsed("N", "Likewise, virtual processors of all its guests together.", count),
  "quota-memory": parsed("SIZE", "Likewise, memory of all its guests, and what its templates hold.", size),
  "quota-disk": parsed(
    "SIZE",
    "Likewise, what its guests' disks may grow to, and its snapshots and templates take.",
    size,
  ),
  "quota-snapshots": parsed("N", "Likewise, snapshots.", count),
  "quota-templates": parsed("N", "Likewise, templates.", count),
  "quota-ports": parsed("N", "Likewise, published ports.", count),
} as const;

/** Undefined: nothing of it was given. */
export function quotaOf(options: Partial<Values<typeof quotaOptions>>): QuotaChange | undefined {
  const given = Object.entries(options).filter(
    ([name, value]) => name in quotaOptions && value !== undefined,
  );
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.map(([name, value]) => [name.slice("quota-".length), value]));
}
