/**
 * What the host has promised, and whether it can promise more. Pure.
 *
 *   memory   of all guests that run, what each may grow to: its whole memory, a fork's too; a template's that is
 *            parked once, however many guests share it
 *   cpus     virtual processors of all guests that run
 *   disk     what the disks of all guests and volumes in none may grow to, whether they run or not, and what else
 *            projects keep on the host's disk
 *
 * Each may be `ratio` times what the host has. Memory that is promised need not be there: whether it can be given
 * right now is decided besides (memory.ts), and what happens when all is asked for at once in pressure.ts.
 */
import { LodgeError } from "#contract/errors";
import type { HolderKind, HostPromise } from "#contract/schema/quota";

export const promisedResources = ["memory", "cpus", "disk"] as const;
export type PromisedResource = (typeof promisedResources)[number];

export type Shares = Readonly<Record<PromisedResource, number>>;

/**
 * By default. Memory: four times, since a fork writes to less than a quarter of its own; one that boots is let in only
 * while there is memory for all of it. Processors: idle guests take next to none. Disks: they are made thin.
 */
export const defaultOvercommit: Shares = { memory: 4, cpus: 64, disk: 20 };

export interface Promisee {
  readonly kind: HolderKind;
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly shares: Shares;
}

export interface HostSettings {
  readonly size: Shares;
  readonly overcommit: Partial<Shares>;
}

export const ratioOf = ({ overcommit }: HostSettings, what: PromisedResource): number =>
  overcommit[what] ?? defaultOvercommit[what];

/** A ratio is seldom a whole number of bits: what it comes to is not a hair's breadth below what was meant. */
const limitOf = (host: HostSettings, what: PromisedResource): number =>
  Number((host.size[what] * ratioOf(host, what)).toPrecision(15));

const sumOf = (holders: readonly Promisee[], what: PromisedResource): number =>
  holders.reduce((sum, { shares }) => sum + shares[what], 0);

const words: Readonly<
  Record<PromisedResource, { readonly name: string; readonly show: (n: number) => string }>
> = {
  memory: { name: "memory", show: (bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB` },
  cpus: { name: "processors", show: (count) => String(Math.ceil(count)) },
  disk: { name: "disk", show: (bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB` },
};

/** The largest by name, as far as whoever asks may know them. */
function namesOf(holders: readonly Promisee[], what: PromisedResource, project: string): string {
  const { show } = words[what];
  const some = holders.filter(({ shares }) => shares[what] > 0);
  const own = some.filter((one) => one.project === project);
  const largest = own.toSorted((a, b) => b.shares[what] - a.shares[what]).slice(0, 5);
  const rest = some.filter((one) => !largest.includes(one));
  const shown = largest.map(({ name, shares }) => `${name} ${show(shares[what])}`);
  const others = rest.length === 0 ? [] : [`${rest.length} more ${show(sumOf(rest, what))}`];
  return [...shown, ...others].join(", ") || "nobody";
}

/** @throws LodgeError host.promised, with who has it */
export function requirePromise(
  asked: { readonly subject: string; readonly project: string; readonly shares: Shares },
  host: HostSettings,
  holders: readonly Promisee[],
): void {
  for (const what of promisedResources) {
    if (asked.shares[what] <= 0) continue;
    const limit = limitOf(host, what);
    const promised = sumOf(holders, what);
    if (promised + asked.shares[what] <= limit) continue;
    const { name, show } = words[what];
    throw new LodgeError("host.promised", {
      subject: asked.subject,
      resource: name,
      needed: show(asked.shares[what]),
      free: show(Math.max(0, limit - promised)),
      limit: show(limit),
      holders: namesOf(holders, what, asked.project),
    });
  }
}

export function describePromise(host: HostSettings, holders: readonly Promisee[]): HostPromise {
  const one = (what: PromisedResource) => ({
    ratio: ratioOf(host, what),
    chosen: host.overcommit[what] !== undefined,
    size: host.size[what],
    limit: limitOf(host, what),
    promised: sumOf(holders, what),
  });
  return {
    memory: one("memory"),
    cpus: one("cpus"),
    disk: one("disk"),
    holders: holders
      .toSorted((a, b) => b.shares.memory - a.shares.memory)
      .map(({ shares, ...holder }) => ({ ...holder, ...shares })),
  };
}
