/** Which hosts keep the cluster's state: pure, and the same on every host that knows the same members and the same level. */
import { byAge, type MemberRecord } from "../member/record.ts";

export interface VoterCandidate extends Pick<
  MemberRecord,
  "id" | "joinedAt" | "voter" | "witness" | "leaving"
> {
  readonly answers: boolean;
}

/** 1 of one or two hosts, 3 of three or four, 5 of more. */
export const votersOf = (hosts: number): number => (hosts >= 5 ? 5 : hosts >= 3 ? 3 : 1);

/** From this level on (level.ts) hosts go before witnesses. */
const hostsFirst = 2;

/**
 * Those that are voters stay so, also while they do not answer: a host that is away for a while is not replaced, or a network
 * that is cut for a moment would turn all around. What is missing is made up of hosts that answer, the oldest first.
 *
 * A witness is the third of two hosts, and has no vote where there are hosts enough: it is the smaller computer.
 */
export function chooseVoters(members: readonly VoterCandidate[], level: number): ReadonlySet<string> {
  const staying = members.filter(({ leaving }) => !leaving);
  const witnesses = staying.filter(({ witness }) => witness).length;
  const hosts = staying.length - witnesses;
  const eligible = staying.filter(({ voter, answers }) => voter || answers);
  const chosen =
    level < hostsFirst
      ? eligible.toSorted(votersFirst).slice(0, votersOf(staying.length))
      : odd(
          eligible
            .toSorted(hostsBeforeWitnesses)
            .slice(0, hosts === 2 && witnesses > 0 ? 3 : votersOf(hosts)),
        );
  return new Set(chosen.map(({ id }) => id));
}

const is = (what: boolean | undefined): number => Number(what ?? false);

const votersFirst = (a: VoterCandidate, b: VoterCandidate): number =>
  is(b.voter) - is(a.voter) || is(b.witness) - is(a.witness) || byAge(a, b);

const hostsBeforeWitnesses = (a: VoterCandidate, b: VoterCandidate): number =>
  is(a.witness) - is(b.witness) || is(b.voter) - is(a.voter) || byAge(a, b);

/** Of an even number one more has to be there than of one less: nobody is added for that. */
const odd = (chosen: readonly VoterCandidate[]): readonly VoterCandidate[] =>
  chosen.length % 2 === 0 && chosen.at(-1)?.voter !== true ? chosen.slice(0, -1) : chosen;
