import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { NetworkService } from "./services.ts";

type NetworkRoute = Extract<CallName, `network${string}`>;

export const networkHandlers = (networks: NetworkService): Handlers<NetworkRoute> => ({
  networkList: ({ sight }) => networks.list(sight),
});
