/** Opens what makes networks one over the hosts of a cluster. */
import { join } from "node:path";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { clusterFolder } from "#domain/cluster/etcd-plan";
import { guestPrefix } from "#domain/guest/record";
import { Members } from "#domain/member/members";
import type { Networks } from "#domain/network/networks";
import type { Elsewhere } from "#domain/network/spanning/elsewhere";
import { Spanning } from "#domain/network/spanning/spanning";

export interface OpenSpanningParts {
  readonly member: ClusterFile;
  readonly all: Store;
  readonly networks: Networks;
  readonly elsewhere: Elsewhere;
  readonly tag: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly home: string;
}

/** @throws LodgeError store.unavailable, host.command_* */
export async function openSpanning({ member, home, ...parts }: OpenSpanningParts): Promise<Spanning> {
  const { all, clock, log } = parts;
  const members = new Members({ store: all, clock, log });
  await members.open();
  const spanning = new Spanning({
    ...parts,
    members,
    self: member.host,
    address: member.address,
    guestPrefix,
    keyFile: join(clusterFolder(home), "wireguard.key"),
  });
  await spanning.open();
  return spanning;
}
