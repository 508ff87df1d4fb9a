/**
 * Who the members of an etcd are. A new one comes as a learner, which has no vote: until it has caught up it would only be
 * one more that a quorum waits for.
 *
 *   addLearner ──► its process is started ("existing") ──► promote (waits until it has caught up) ──► voter ──► remove
 */
import { type Clock, systemClock } from "#base/clock";
import { EtcdRefusal } from "#base/etcd-connection";
import { type EtcdEndpoints, isFinal } from "#base/etcd-endpoints";
import { isRefusal } from "#base/etcd-errors";
import { LodgeError } from "#contract/errors";
import { type EtcdAccess, withEtcd, within } from "./access.ts";
import type { EtcdPeer } from "./plan.ts";

export interface EtcdMember {
  /** In decimal, as the gateway has it. */
  readonly id: string;
  /** Empty until it was started. */
  readonly name: string;
  /** "https://localhost:2380": where other members reach it. */
  readonly peer: string;
  /** Where clients do; undefined until it was started. */
  readonly client: string | undefined;
  readonly learner: boolean;
}

interface MemberAnswer {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

const memberOf = ({ ID, name, peerURLs, clientURLs, isLearner }: MemberAnswer): EtcdMember => ({
  id: ID,
  name: name ?? "",
  peer: peerURLs?.[0] ?? "",
  client: clientURLs?.[0],
  learner: isLearner ?? false,
});

/** As one member knows them, also where there is no quorum. @throws LodgeError store.unavailable */
export const listMembers = (access: EtcdAccess): Promise<EtcdMember[]> => withEtcd(access, listed);

export async function listed(endpoints: EtcdEndpoints): Promise<EtcdMember[]> {
  const answer = await endpoints.call("/v3/cluster/member/list", {}, within, { leaderless: true });
  return ((answer as { members?: readonly MemberAnswer[] }).members ?? []).map(memberOf);
}

/** How long a change of members is waited for. */
export interface Patience {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Milliseconds. Default 60,000. */
  readonly timeout?: number;
}

interface Change extends Patience {
  readonly verb: "add" | "promote" | "remove";
  readonly body: unknown;
  readonly there?: () => Promise<unknown>;
}

/**
 * Adds a member without a vote; where one with this address is there already, it is that one.
 *
 * @param peer where other members will reach it
 * @throws LodgeError store.etcd_members: another learner is there, or too few of the members run.
 */
export const addLearner = (access: EtcdAccess, peer: string, patience: Patience = {}): Promise<EtcdMember> =>
  withEtcd(access, async (endpoints) => {
    const there = async () => (await listed(endpoints)).find((member) => member.peer === peer);
    const body = { peerURLs: [peer], isLearner: true };
    const before = await there();
    if (before) return before;
    await changed(endpoints, { ...patience, verb: "add", body, there });
    return (await there())!;
  });

/** Gives a learner its vote, as soon as it has caught up. One that has it keeps it. */
export const promoteLearner = (access: EtcdAccess, id: string, patience: Patience = {}): Promise<void> =>
  withEtcd(access, async (endpoints) => {
    try {
      await changed(endpoints, { ...patience, verb: "promote", body: { ID: id } });
    } catch (error) {
      if (!isRefusal(error, "notLearner")) throw error;
    }
  });

/** One that is not there is no error. */
export const removeMember = (access: EtcdAccess, id: string, patience: Patience = {}): Promise<void> =>
  withEtcd(access, async (endpoints) => {
    try {
      await changed(endpoints, { ...patience, verb: "remove", body: { ID: id } });
    } catch (error) {
      if (!isRefusal(error, "noMember")) throw error;
    }
  });

/** The members as a new one must be told of them when it is started: those that have no name yet get any. */
export const peersWith = (members: readonly EtcdMember[], self: EtcdPeer): EtcdPeer[] => [
  ...members
    .filter(({ peer }) => peer !== self.url)
    .map(({ id, name, peer }) => ({ name: name === "" ? `m${id}` : name, url: peer })),
  self,
];

/**
 * A change that is asked for until it was made, or is refused for good. For some seconds after the change before, etcd
 * calls itself "unhealthy" and makes none. A change whose answer was lost is found by `there`.
 */
async function changed(
  endpoints: EtcdEndpoints,
  { verb, body, there, clock = systemClock, signal, timeout = 60_000 }: Change,
): Promise<unknown> {
  const end = clock.monotonic() + timeout;
  for (;;) {
    try {
      return await endpoints.once(`/v3/cluster/member/${verb}`, body, { patience: within });
    } catch (error) {
      signal?.throwIfAborted();
      const passes = !isFinal(error) || isRefusal(error, "notInSync");
      const found = passes ? await there?.() : undefined;
      if (found !== undefined) return found;
      if (!passes || clock.monotonic() > end) throw refused(error);
      await clock.sleep(200, signal);
    }
  }
}

const refused = (error: unknown): unknown =>
  error instanceof EtcdRefusal
    ? new LodgeError(
        "store.etcd_members",
        { reason: error.message.replace(/^etcdserver: /, "") },
        { cause: error },
      )
    : error;
