import type { PeerName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { ArrivalService, PeerService } from "./services.ts";

type MoveRoute = Extract<PeerName, `peerMove${string}`>;

export const peerHandlers = (
  peers: PeerService,
): Handlers<Exclude<PeerName, `peerImage${string}` | `peerFirewall${string}` | MoveRoute>> => ({
  peerHello: async () => peers.hello(),
});

export const arrivalHandlers = (arrivals: ArrivalService): Handlers<MoveRoute> => ({
  peerMoveLook: ({ body }) => arrivals.look(body.cargo),
  peerMoveBegin: ({ body }) => arrivals.begin(body),
});
