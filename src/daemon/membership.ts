/** What a daemon has that is a host of a cluster: who the others are, and how they speak with each other. */
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Quorum } from "#durable/store/etcd";
import type { Store } from "#durable/store/store";
import { Peers } from "#client/peers";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { HostIdentity } from "#domain/cluster/host-identity";
import { Tunnels } from "#domain/cluster/tunnels";
import { Members } from "#domain/member/members";
import type { PeerDoors } from "#server/forward";
import type { TunnelParts } from "#server/stream/tunnel";

export interface MembershipParts {
  readonly member: ClusterFile;
  /** The whole store. */
  readonly all: Store;
  readonly quorum: Quorum;
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Membership {
  /** This host's. */
  readonly id: string;
  readonly members: Members;
  readonly identity: HostIdentity;
  readonly peers: Peers;
  readonly tunnels: Tunnels;
  /** What the server asks who the others are. */
  readonly directory: TunnelParts["members"];
  readonly doors: PeerDoors;
  close(): void;
}

/** @throws LodgeError cluster.identity_unusable */
export async function openMembership(parts: MembershipParts): Promise<Membership> {
  const { member, all, clock, log } = parts;
  const identity = await HostIdentity.open(join(parts.home, "cluster"), clock);
  const members = new Members({ store: all, clock, log });
  await members.open();
  const peers = new Peers({ find: (id) => members.get(id), identity: () => identity.current() });
  const { host: id, name } = member;
  return {
    id,
    members,
    identity,
    peers,
    tunnels: new Tunnels(),
    directory: {
      get: (host) => members.get(host),
      onChange: (listener, signal) => members.onChange(listener, signal),
    },
    doors: {
      name,
      others: () =>
        members
          .all()
          .filter((other) => other.id !== id && !other.witness)
          .map((other) => ({ ...other, away: members.awaySince(other.id) !== undefined })),
      find(ref) {
        const found = members.find(ref);
        if (!found) throw new LodgeError("cluster.host_not_found", { host: ref });
        return found.id === id ? undefined : found.id;
      },
      mayBeGone: (host) => parts.quorum.lostSince !== undefined || members.beat(host) === undefined,
      open: (host, request) => peers.open(host, request),
      failure: (host, error) => peers.failure(host, error),
    },
    close() {
      members.close();
      peers.close();
    },
  };
}
