import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { HostService } from "./services.ts";

type HostRoute = Extract<CallName, `host${string}`>;

export const hostHandlers = (host: HostService): Handlers<HostRoute> => ({
  hostGet: () => host.get(),
  hostDoctor: () => host.doctor(),
  hostShutdown: ({ body }) => host.shutdown(body),
  hostLogs: ({ query }) => host.logs(query),
});
