import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { PlacementService } from "./services.ts";

type PlacementRoute = Extract<CallName, `placement${string}`>;

export const placementHandlers = (placement: PlacementService): Handlers<PlacementRoute> => ({
  placementExplain: ({ body, project }) => placement.explain(body, project),
  placementSettings: () => placement.settings(),
  placementUpdate: ({ body }) => placement.change(body),
  placementHost: () => placement.traits(),
  placementHostUpdate: ({ body }) => placement.changeTraits(body),
  placementRebalance: () => placement.rebalance(),
  placementPlanned: () => placement.planned(),
  placementReserve: () => placement.reserve(),
});
