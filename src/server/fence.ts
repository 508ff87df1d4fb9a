import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { FenceService } from "./services.ts";

type FenceRoute = Extract<CallName, `fence${string}`>;

export const fenceHandlers = (fences: FenceService): Handlers<FenceRoute> => ({
  fenceList: () => fences.list(),
  fenceCreate: ({ body }) => fences.create(body),
  fenceDelete: ({ params }) => fences.remove(params.fence),
  fenceConfirm: ({ params }) => fences.confirm(params.fence),
});
