/**
 * The hosts of a cluster, as the store keeps them.
 *
 *   members/ID           the record. Whoever has none is no member: his certificate opens nothing, his transactions fail
 *   member-names/NAME    holds the id of the member that has the name
 *   beats/ID             hangs on a lease that the member keeps: without one it does not answer
 *
 * A single host has none of these.
 */
import type { Item, Store } from "#durable/store/store";

/** A certificate that was given to a member, for as long as it would hold. */
export interface IssuedCertificate {
  /** In hexadecimal. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface MemberRecord {
  readonly id: string;
  /** Unique in the cluster. */
  readonly name: string;
  /** "HOST:PORT" of its peer door. */
  readonly address: string;
  readonly version: string;
  /** What it speaks: see contract/wire.ts. */
  readonly wire: number;
  /** It runs one of the cluster's etcd. */
  readonly voter?: true;
  /** It is about to leave: it takes no guests, and others become voters in its place. */
  readonly leaving?: true;
  /** It runs no guests: it is there for a majority alone. */
  readonly witness?: true;
  readonly labels?: Readonly<Record<string, string>>;
  /** What keeps guests away that do not say that they bear it. */
  readonly taints?: readonly string[];
  /** "draining": it takes no more guests. */
  readonly state: "active" | "draining";
  /** Milliseconds since the epoch. */
  readonly joinedAt: number;
  readonly certificates: readonly IssuedCertificate[];
}

export interface Beat {
  /** Milliseconds since the epoch, by the host's own clock. */
  readonly at: number;
  /** Since when its daemon runs. */
  readonly startedAt: number;
}

export const memberPrefix = "members/";
export const memberKey = (id: string): string => memberPrefix + id;
/** What operations lock that are about a whole host. */
export const memberTarget = (id: string): string => `member:${id}`;
export const memberNameKey = (name: string): string => `member-names/${name}`;
export const beatPrefix = "beats/";
export const beatKey = (id: string): string => beatPrefix + id;

/** Who takes over the guests of a host without a beat. A host that has one again deletes it: what was found out of it holds no more. */
export const takeOverKey = (host: string): string => `cluster/takeover/${host}`;

export const memberOf = (item: Item): MemberRecord => item.value as MemberRecord;

/** By the moment at which they joined. */
export const listMembers = async (store: Pick<Store, "list">): Promise<MemberRecord[]> =>
  (await store.list(memberPrefix)).items.map(memberOf).toSorted(byAge);

type Aged = Pick<MemberRecord, "id" | "joinedAt">;

export const byAge = (a: Aged, b: Aged): number => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1);
