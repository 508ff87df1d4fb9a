import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { PoolService } from "./services.ts";

type PoolRoute = Extract<CallName, `pool${string}`>;

export const poolHandlers = (pools: PoolService): Handlers<PoolRoute> => ({
  // Which there are, everybody who makes volumes has to know.
  poolList: () => pools.list(),
  poolCreate: ({ body }) => pools.create(body),
  poolGet: ({ params }) => pools.get(params.pool),
  poolUpdate: ({ params, body }) => pools.update(params.pool, body),
  poolDelete: ({ params }) => pools.remove(params.pool),
});
