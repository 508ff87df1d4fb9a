import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { HostService } from "./services.ts";

type HostRoute = Extract<CallName, `host${string}` | `outbound${string}`>;

export const hostHandlers = (host: HostService): Handlers<HostRoute> => ({
  hostGet: ({ sight }) => host.get(sight),
  hostUpdate: ({ body }) => host.change(body),
  hostPromise: () => host.promise(),
  hostDoctor: () => host.doctor(),
  hostShutdown: ({ body }) => host.shutdown(body),
  outboundGet: () => host.outbound(),
  outboundUpdate: ({ body }) => host.changeOutbound(body),
  hostLogs: ({ query }) => host.logs(query),
});
