import type { PeerName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { ArrivalService, ClusterService } from "./services.ts";

type MoveRoute = Extract<PeerName, `peerMove${string}`>;
type PeerRoute = Extract<PeerName, "peerHello" | "peerJoin" | "peerLeave">;

export const peerHandlers = (cluster: ClusterService): Handlers<PeerRoute> => ({
  peerHello: async () => cluster.hello(),
  peerJoin: ({ body }) => cluster.takeIn(body),
  async peerLeave({ peer }) {
    await cluster.letGo(peer.id);
    return cluster.hello();
  },
});

export const arrivalHandlers = (arrivals: ArrivalService): Handlers<MoveRoute> => ({
  peerMoveLook: ({ body }) => arrivals.look(body.cargo),
  peerMoveBegin: ({ body }) => arrivals.begin(body),
});
