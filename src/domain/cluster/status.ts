/** How a cluster is, in plain words: pure. */
import type { ReserveCheck } from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import { speakTogether } from "#contract/wire";
import type { MemberRecord } from "../member/record.ts";

export interface StatusFacts {
  readonly id: string;
  /** Id of the host that is asked. */
  readonly host: string;
  readonly members: readonly (MemberRecord & { readonly answers: boolean })[];
  /** When a majority of those that keep the state was heard last, in milliseconds since the epoch; undefined: it answers. */
  readonly knownAt?: number;
  readonly external: boolean;
  /** Undefined: nothing is kept in reserve. */
  readonly reserve?: ReserveCheck;
  /** What the records hold: level.ts. Undefined where nobody answers. */
  readonly level?: number;
  /** Why a backup that was to be restored was not. */
  readonly failedRestore?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Status = Schemas["ClusterStatus"];

const day = 86_400_000;

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

const are = (names: readonly string[], one: string, more: string): string =>
  `${list(names)} ${names.length === 1 ? one : more}`;

const number = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

export const aloneStatus: Status = {
  state: "alone",
  voters: 0,
  needed: 0,
  external: false,
  says: ["This host stands alone: it is in no cluster."],
  advice: ["'lodge cluster init' makes it the first of one, and its guests run on."],
};

export function clusterStatus(facts: StatusFacts): Status {
  const { id, members, knownAt, external } = facts;
  const quorum = knownAt === undefined;
  const own = members.find((member) => member.id === facts.host);
  const voters = members.filter(({ voter }) => voter);
  const silent = members.filter(({ answers }) => !answers).map(({ name }) => name);
  const needed = Math.floor(voters.length / 2) + 1;
  const { says, advice } = words(facts, voters, silent, needed);
  const troubled = silent.length > 0 || advice.length > 0;
  return {
    state: !quorum ? "stopped" : troubled ? "weakened" : "well",
    id,
    ...(own ? { host: own.name } : {}),
    voters: voters.length,
    needed,
    external,
    ...(quorum ? {} : { knownAt: new Date(knownAt).toISOString() }),
    says,
    advice,
  };
}

function words(
  facts: StatusFacts,
  voters: StatusFacts["members"],
  silent: readonly string[],
  needed: number,
): Pick<Status, "says" | "advice"> {
  const { members, knownAt, external } = facts;
  const quorum = knownAt === undefined;
  const says: string[] = [];
  const advice: string[] = [];
  if (facts.failedRestore !== undefined) says.push(`The backup was not restored: ${facts.failedRestore}`);
  if (!quorum) {
    says.push(
      "The cluster has no quorum: too few of those that keep its state answer, so that nothing can be changed. What runs goes on.",
    );
    says.push("What is shown of other hosts is what this one knew last.");
  }
  // Without a majority no beat can be kept: who is silent is not known.
  if (quorum && silent.length === 0) says.push(`${count(members)}, all of which answer.`);
  else if (quorum) says.push(`${count(members)}; ${are(silent, "does", "do")} not answer.`);
  says.push(...keepers(facts, voters, needed), ...idle(members), ...behind(facts));
  if (quorum && silent.length > 0)
    advice.push(
      `See whether ${list(silent)} ${silent.length === 1 ? "is" : "are"} on and reachable. A host that never comes back is taken out with 'lodge cluster remove HOST'.`,
    );
  if (!quorum)
    advice.push(
      external
        ? "Bring the etcd that this cluster uses back."
        : `Bring back ${list(voters.filter(({ id }) => id !== facts.host).map(({ name }) => name))}: ${needed} of the ${voters.length} that keep the state have to run. If that cannot be, 'lodge cluster restore FILE' begins anew from a backup.`,
    );
  const kept = facts.reserve && reserved(facts.reserve);
  says.push(...(kept?.says ?? []));
  advice.push(...(kept?.advice ?? []));
  advice.push(...versions(members), ...certificates(facts), ...size(facts, voters));
  return { says, advice };
}

/** Whether what is kept for highly available guests would do. */
function reserved({ failing, holds, shortfalls }: ReserveCheck): Pick<Status, "says" | "advice"> {
  const whose = failing === 1 ? "any host that fails" : `any ${failing} hosts that fail`;
  if (holds) return { says: [`Room is kept for the highly available guests of ${whose}.`], advice: [] };
  const [first] = shortfalls;
  const names = (first?.guests ?? []).map(({ name }) => name);
  return {
    says: [
      `The room for the highly available guests of ${whose} is not enough: without ${list(first?.hosts ?? [])} there is none for ${list(names)}.`,
    ],
    advice: ["Stop guests, add a host, or keep less in reserve: 'lodge placement reserve' shows what lacks."],
  };
}

/** "2 hosts and a witness" */
function count(members: StatusFacts["members"]): string {
  const witnesses = members.filter(({ witness }) => witness).length;
  const hosts = number(members.length - witnesses, "host");
  if (witnesses === 0) return hosts;
  return `${hosts} and ${witnesses === 1 ? "a witness" : `${witnesses} witnesses`}`;
}

/** Witnesses that have nothing to do. */
function idle(members: StatusFacts["members"]): string[] {
  const names = members.filter(({ witness, voter }) => witness && !voter).map(({ name }) => name);
  if (names.length === 0) return [];
  const hosts = members.length - members.filter(({ witness }) => witness).length;
  const why = hosts > 2 ? "there are hosts enough" : "it is the third of two hosts that answer";
  return [`${are(names, "has", "have")} no vote: ${why}.`];
}

/** Who keeps the others from using what their version adds. */
function behind({ members, level }: StatusFacts): string[] {
  const newest = Math.max(...members.map(({ wire }) => wire));
  if (level === undefined || level >= newest) return [];
  const names = members.filter(({ wire }) => wire === level).map(({ name }) => name);
  const until = names.length > 0 ? `until ${are(names, "is", "are")} upgraded too` : "for a moment yet";
  return [
    `Records are kept as version ${level} has them, ${until}: what version ${newest} adds is not used yet.`,
  ];
}

function keepers(
  { external, knownAt }: StatusFacts,
  voters: StatusFacts["members"],
  needed: number,
): string[] {
  if (external) return ["The state is in an etcd of your own."];
  const names = list(voters.map(({ name }) => name));
  if (voters.length < 2) return [`The state is kept by ${names || "no host"} alone.`];
  if (knownAt !== undefined) return [`The state is kept by ${names}, of which ${needed} have to run.`];
  const spare = voters.length - needed;
  const away = voters.filter(({ answers }) => !answers).length;
  if (away === 0) return [`The state is kept by ${names}: ${spare} of them may be away.`];
  return [
    `The state is kept by ${names}: ${spare} of them may be away, and ${away} ${away === 1 ? "is" : "are"}.`,
  ];
}

function versions(members: StatusFacts["members"]): string[] {
  const known = [...new Set(members.map(({ version }) => version))];
  const apart = members.some((one) => members.some((other) => !speakTogether(one.wire, other.wire)));
  if (apart) {
    const oldest = Math.min(...members.map(({ wire }) => wire));
    const names = members.filter(({ wire }) => wire === oldest).map(({ name }) => name);
    return [`Upgrade ${list(names)}: the versions are too far apart for all hosts to speak with each other.`];
  }
  if (known.length < 2) return [];
  const rows = known.map((version) => {
    const names = members.filter((member) => member.version === version).map(({ name }) => name);
    return `${list(names)} with ${version}`;
  });
  return [
    `Hosts run different versions (${rows.join("; ")}): that works while you upgrade one after the other.`,
  ];
}

function certificates({ members, now }: StatusFacts): string[] {
  const ending = members.filter(({ certificates: given }) => {
    const until = Math.max(...given.map((each) => each.until));
    return given.length > 0 && until - now < 30 * day;
  });
  if (ending.length === 0) return [];
  const names = ending.map(({ name }) => name);
  return [
    `${are(names, "has", "have")} a certificate that ends within a month: it is renewed as soon as the daemon there runs and reaches the others.`,
  ];
}

/** What would make it bear more. */
function size({ members, external }: StatusFacts, voters: StatusFacts["members"]): string[] {
  if (external || members.length !== 2 || voters.length > 1) return [];
  const [voter] = voters;
  return [
    `With two hosts the cluster stands still while ${voter?.name ?? "the first"} is away. A third host mends that, or a witness: a small computer with 'lodged --witness'.`,
  ];
}
