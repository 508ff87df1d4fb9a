import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { NetworkService } from "./services.ts";

type NetworkRoute = Extract<CallName, `network${string}`>;

export const networkHandlers = (networks: NetworkService): Handlers<NetworkRoute> => ({
  networkList: ({ sight }) => networks.list(sight),
  networkCreate: ({ body, project, sight }) => networks.create(body, project, sight),
  networkGet: ({ params, sight }) => networks.get(params.network, sight),
  networkUpdate: ({ params, body, sight }) => networks.update(params.network, body, sight),
  networkDelete: ({ params, sight }) => networks.remove(params.network, sight),
  networkUnderlay: () => networks.underlay(),
  networkUnderlaySet: ({ body }) => networks.setUnderlay(body.kind),
});
