import type { Monitor } from "./monitor.ts";

/** Bytes that a guest has moved, of all its disks and drives, since its process began. */
export interface BlockUsage {
  readonly read: number;
  readonly written: number;
}

interface BlockStats {
  readonly stats: { readonly rd_bytes: number; readonly wr_bytes: number };
}

/** By query-blockstats (qapi/block-core.json): one entry for each device, whose counters are the guest's own. */
export async function blockUsage(monitor: Pick<Monitor, "execute">): Promise<BlockUsage> {
  const found = await monitor.execute<readonly BlockStats[]>("query-blockstats");
  return {
    read: found.reduce((sum, { stats }) => sum + stats.rd_bytes, 0),
    written: found.reduce((sum, { stats }) => sum + stats.wr_bytes, 0),
  };
}
