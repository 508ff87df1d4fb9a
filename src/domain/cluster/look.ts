/** What `lodge doctor` finds of a host's place in its cluster: who is reached, whose clock is apart, how quick the state is kept. */
import { asLodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Store } from "#durable/store/store";
import type { Peers } from "#client/peers";
import type { ClusterFinding } from "../host/cluster-checks.ts";
import type { Members } from "../member/members.ts";
import { etcdUrls } from "./etcd-plan.ts";

export interface LookParts {
  /** This host's id. */
  readonly host: string;
  readonly all: Pick<Store, "transact">;
  readonly members: Pick<Members, "all" | "get">;
  readonly peers: Pick<Peers, "call">;
  readonly clock: Clock;
}

/** Milliseconds that another host may take. */
const patience = 3_000;
const writes = 5;

export async function lookAround(parts: LookParts): Promise<ClusterFinding> {
  const { members, host } = parts;
  const own = members.get(host);
  const others = members.all().filter(({ id }) => id !== host);
  const hosts = await Promise.all(
    others.map(async (other) => ({ name: other.name, ...(await greet(parts, other.id)) })),
  );
  const latency = await measure(parts).catch(() => undefined);
  return {
    hosts,
    ...(latency === undefined ? {} : { latency }),
    ...(own ? { ports: portsOf(own.address) } : {}),
  };
}

const portsOf = (address: string): string => {
  const { port } = new URL(`https://${address}`);
  return `${port} to ${new URL(etcdUrls(address).peer).port}`;
};

/** What its clock was apart from ours in the middle of the question, in milliseconds; or why there is no answer. */
async function greet(
  { peers, clock }: LookParts,
  id: string,
): Promise<{ readonly apart: number } | { readonly reason: string }> {
  const sent = clock.now();
  try {
    const { now } = await peers.call(id, "peerHello", {}, { patience });
    return { apart: Math.round(now - (sent + clock.now()) / 2) };
  } catch (error) {
    return { reason: asLodgeError(error).message };
  }
}

/** Milliseconds that a write takes until a majority has it on disk: the median of some. */
async function measure({ all, host, clock }: LookParts): Promise<number> {
  const key = `cluster/probes/${host}`;
  const took: number[] = [];
  try {
    for (let at = 0; at < writes; at++) {
      const begun = clock.monotonic();
      await all.transact({ put: [{ key, value: at }] });
      took.push(clock.monotonic() - begun);
    }
  } finally {
    await all.transact({ delete: [key] });
  }
  return took.toSorted((a, b) => a - b)[Math.floor(writes / 2)]!;
}
