import type { PeerName } from "#contract/call";
import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { ReplicaService } from "./services.ts";

type ReplicaRoute = Extract<CallName, `replica${string}`>;
type CopyRoute = Extract<PeerName, `peerReplica${string}`>;

export const replicaHandlers = (replicas: ReplicaService): Handlers<ReplicaRoute> => ({
  replicaSet: ({ params, body }) => replicas.set(params.guest, body),
  replicaDelete: ({ params }) => replicas.remove(params.guest),
  replicaPromote: ({ params, body }) => replicas.promote(params.replica, body),
});

export const copyHandlers = (replicas: ReplicaService): Handlers<CopyRoute> => ({
  peerReplicaPrepare: ({ params, body, peer }) => replicas.prepare(params.replica, peer.id, body),
  peerReplicaOpen: ({ params, body, peer }) => replicas.open(params.replica, peer.id, body),
  peerReplicaKeep: ({ params, body, peer }) => replicas.keep(params.replica, peer.id, body),
  peerReplicaClose: ({ params, body }) => replicas.close(params.replica, body),
  peerReplicaDrop: ({ params }) => replicas.drop(params.replica),
});
