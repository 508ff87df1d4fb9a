/** What the hosts' rebalance by policy leaves in the store that all share: `cluster/rebalance`, the plan that was made last and how far it is. */
import type { PlannedMove } from "../../host/placement/moves.ts";
import type { ReadStore } from "#durable/store/store";

/**
 *   waits ──► moves ──► moved      it is where it was to go
 *                  └──► stays      it could not
 */
export type MoveState = "waits" | "moves" | "moved" | "stays";

export interface PlannedRebalance {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Id of the host that made it. */
  readonly by: string;
  readonly moves: readonly (PlannedMove & { readonly state: MoveState })[];
  readonly before: number;
  readonly after: number;
}

export const rebalanceKey = "cluster/rebalance";

export async function plannedRebalance(store: ReadStore): Promise<PlannedRebalance | undefined> {
  return (await store.get(rebalanceKey))?.value as PlannedRebalance | undefined;
}
