/** How an etcd is, in plain facts: each member is asked by itself, so the answer is there without a quorum too. */
import { EtcdConnection } from "#base/etcd-connection";
import type { EtcdStatus } from "#base/etcd-endpoints";
import { type EtcdAccess, withEtcd } from "./access.ts";
import { type EtcdMember, listed } from "./members.ts";

export interface EtcdMemberStatus extends EtcdMember {
  /** The following is known of a member that answers. */
  readonly answers?: {
    readonly version: string;
    readonly leader: boolean;
    /** Bytes of its database's file, and those of them that hold something. */
    readonly bytes: number;
    readonly bytesUsed: number;
    /** Changes that it has yet to make, compared with the member that is furthest. */
    readonly behind: number;
    /** What is wrong with it, in etcd's words. */
    readonly problems: readonly string[];
  };
}

export interface EtcdClusterStatus {
  readonly members: readonly EtcdMemberStatus[];
  /** The leader's id. */
  readonly leader: string | undefined;
  readonly voters: number;
  /** Voters that must answer. */
  readonly needed: number;
  /** Do so many answer, and have they a leader? */
  readonly quorum: boolean;
}

/** Milliseconds in which a member must say how it is. */
const patience = 2000;

/** @throws LodgeError store.unavailable: not one member answers. */
export const etcdStatus = (access: EtcdAccess): Promise<EtcdClusterStatus> =>
  withEtcd(access, async (endpoints) => {
    const members = await listed(endpoints);
    const statuses = await Promise.all(members.map((member) => statusOf(member, access)));
    return summary(members, statuses);
  });

async function statusOf({ client }: EtcdMember, { tls }: EtcdAccess): Promise<EtcdStatus | undefined> {
  if (client === undefined) return undefined;
  const connection = new EtcdConnection(client, tls);
  try {
    const options = { patience, leaderless: true };
    return (await connection.call("/v3/maintenance/status", {}, options)) as EtcdStatus;
  } catch {
    return undefined;
  } finally {
    connection.close();
  }
}

/** Pure. */
export function summary(
  members: readonly EtcdMember[],
  statuses: readonly (EtcdStatus | undefined)[],
): EtcdClusterStatus {
  const applied = (status: EtcdStatus | undefined) => Number(status?.raftAppliedIndex ?? 0);
  const furthest = Math.max(0, ...statuses.map((status) => Number(status?.raftIndex ?? 0)));
  // Who was cut off goes on believing in the leader it had: the latest term counts.
  const terms = statuses.map((status) => Number(status?.raftTerm ?? 0));
  const leader = statuses.find((status, i) => isLed(status) && terms[i] === Math.max(...terms))?.leader;
  const voters = members.filter(({ learner }) => !learner).length;
  const needed = Math.floor(voters / 2) + 1;
  const answering = members.filter(({ learner }, i) => !learner && statuses[i] !== undefined).length;
  return {
    members: members.map((member, i) => {
      const status = statuses[i];
      if (!status) return member;
      const answers = {
        version: status.version ?? "",
        leader: status.leader === member.id,
        bytes: Number(status.dbSize ?? 0),
        bytesUsed: Number(status.dbSizeInUse ?? 0),
        behind: Math.max(0, furthest - applied(status)),
        problems: status.errors ?? [],
      };
      return { ...member, answers };
    }),
    leader,
    voters,
    needed,
    quorum: leader !== undefined && answering >= needed,
  };
}

const isLed = (status: EtcdStatus | undefined): boolean => (status?.leader ?? "0") !== "0";
