/** Leases are etcd's own: they end by its leader's clock, and a change of leader counts in their favour. */
import { randomInt } from "node:crypto";
import { LodgeError } from "#contract/errors";
import type { EtcdClient } from "./etcd-client.ts";
import { isRefusal } from "#base/etcd-errors";

/** As they go into JSON: positive 64-bit numbers. */
const form = /^[1-9]\d{0,18}$/;

export const isLease = (lease: string): boolean => form.test(lease);

/**
 * The id is chosen here: asked for a second time because the first answer was lost, etcd says that the lease
 * exists, which is then as good. It never ends earlier than asked for; etcd raises what is shorter than an election.
 */
export async function grantLease(client: EtcdClient, seconds: number): Promise<string> {
  const lease = String(randomInt(1, 2 ** 48 - 1));
  try {
    await client.ask("/v3/lease/grant", { ID: lease, TTL: String(Math.max(1, Math.ceil(seconds))) });
  } catch (error) {
    if (!isRefusal(error, "leaseExists")) throw error;
  }
  return lease;
}

export async function keepAlive(client: EtcdClient, lease: string): Promise<void> {
  if (isLease(lease)) {
    const { result } = await client.ask<{ result: { TTL?: string } }>("/v3/lease/keepalive", { ID: lease });
    if (Number(result.TTL ?? 0) > 0) return;
  }
  throw new LodgeError("store.lease_lost", { lease });
}

export async function revokeLease(client: EtcdClient, lease: string): Promise<void> {
  if (!isLease(lease)) return;
  try {
    await client.ask("/v3/lease/revoke", { ID: lease });
  } catch (error) {
    if (!isRefusal(error, "noLease")) throw error;
  }
}
