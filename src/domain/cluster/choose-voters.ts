/** Which hosts keep the cluster's state: pure, and the same on every host that knows the same members. */
import { byAge, type MemberRecord } from "../member/record.ts";

export interface VoterCandidate extends Pick<
  MemberRecord,
  "id" | "joinedAt" | "voter" | "witness" | "leaving"
> {
  readonly answers: boolean;
}

/** 1 of one or two hosts, 3 of three or four, 5 of more. */
export const votersOf = (hosts: number): number => (hosts >= 5 ? 5 : hosts >= 3 ? 3 : 1);

/**
 * Those that are voters stay so, also while they do not answer: a host that is away for a while is not replaced, or a network
 * that is cut for a moment would turn all around. What is missing is made up of hosts that answer; a witness comes first, since
 * that is what it is there for, then the oldest.
 */
export function chooseVoters(members: readonly VoterCandidate[]): ReadonlySet<string> {
  const staying = members.filter(({ leaving }) => !leaving);
  const wanted = votersOf(staying.length);
  const order = (a: VoterCandidate, b: VoterCandidate) =>
    Number(b.voter ?? false) - Number(a.voter ?? false) ||
    Number(b.witness ?? false) - Number(a.witness ?? false) ||
    byAge(a, b);
  const eligible = staying.filter(({ voter, answers }) => voter || answers).toSorted(order);
  return new Set(eligible.slice(0, wanted).map(({ id }) => id));
}
