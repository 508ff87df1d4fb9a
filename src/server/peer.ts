import type { PeerName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { PeerService } from "./services.ts";

export const peerHandlers = (
  peers: PeerService,
): Handlers<Exclude<PeerName, `peerImage${string}` | `peerFirewall${string}`>> => ({
  peerHello: async () => peers.hello(),
});
