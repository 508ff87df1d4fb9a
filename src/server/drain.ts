import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { DrainService } from "./services.ts";

type DrainRoute = Extract<CallName, `drain${string}`>;

export const drainHandlers = (drains: DrainService): Handlers<DrainRoute> => ({
  drainPlan: () => drains.plan(),
  drainStart: ({ body }) => drains.start(body),
  drainResume: ({ body }) => drains.resume(body),
});
