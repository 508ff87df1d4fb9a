/** What the cluster has of its own in the store, besides its members (domain/member/record.ts). */
import type { IssuedCertificate } from "../member/record.ts";

/** What it is: there as long as the cluster is. */
export const clusterKey = "cluster/identity";

export interface ClusterRecord {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Names its etcd, so that two never speak with each other by mistake; none where that is the user's. */
  readonly etcdToken?: string;
}

/** What the authority signed for hosts that are no members any more: etcd is told of it. */
export const revokedKey = "cluster/revoked";
export type RevokedRecord = readonly IssuedCertificate[];

/** By the digest of its secret. */
export const tokenPrefix = "cluster/tokens/";
export const tokenKey = (digest: string): string => tokenPrefix + digest;

export interface TokenRecord {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}
