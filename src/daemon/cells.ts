/** Whether guests' processes run in cells, as the daemon was started and as this host lets it. */
import { asLodgeError, LodgeError } from "#contract/errors";
import type { Log } from "#base/log";
import { findCells, type CellFinding } from "#hypervisor/cell/host";

/** `without`: the daemon was told so. What stands in the way is kept: 'lodge doctor' tells it. */
export async function openCells(qemu: string, without: boolean, log: Log): Promise<CellFinding> {
  if (without) return "off";
  try {
    return await findCells(qemu);
  } catch (error) {
    const problem = asLodgeError(error);
    log.warn({ err: problem }, "guests' processes cannot be shut into cells");
    return problem;
  }
}

/** Guests of a user who is not root run without a cell where there can be none; root's are refused. */
export const usedCells = (found: CellFinding): Exclude<CellFinding, "off"> | undefined =>
  found === "off" || (found instanceof LodgeError && process.getuid?.() !== 0) ? undefined : found;
