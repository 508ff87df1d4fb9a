/**
 * This host's own member of the cluster's etcd, where it has one:
 *
 *   HOME/cluster/etcd.json    what it is started with
 *   HOME/cluster/etcd         its data, which nobody else touches
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EtcdPeer, EtcdPlan } from "#hypervisor/etcd/plan";
import { stopEtcd } from "#hypervisor/etcd/server";
import { formatDoor, parseDoor } from "./door-address.ts";
import { identityFiles, replace } from "./host-identity.ts";

/** Where a member's certificate is, and its etcd's data where it has some. */
export const clusterFolder = (home: string): string => join(home, "cluster");

export const sealKeyFile = (home: string): string => join(clusterFolder(home), "secret.key");
export const etcdFolder = (home: string): string => join(clusterFolder(home), "etcd");
const planFile = (home: string): string => join(clusterFolder(home), "etcd.json");

/** The ports next to the peer door's: one for those who ask etcd, one for its members. */
export function etcdUrls(address: string): { readonly client: string; readonly peer: string } {
  const { host, port } = parseDoor(address);
  return {
    client: `https://${formatDoor({ host, port: port + 1 })}`,
    peer: `https://${formatDoor({ host, port: port + 2 })}`,
  };
}

/** The peer door beside an etcd's address for those who ask it. */
export function doorOf(client: string): string {
  const { hostname, port } = new URL(client);
  return `${hostname}:${Number(port) - 1}`;
}

export interface NewEtcd {
  readonly home: string;
  /** The host's id, which is its name there. */
  readonly host: string;
  /** "HOST:PORT" of the peer door. */
  readonly address: string;
  readonly token: string;
  readonly members: readonly EtcdPeer[];
  readonly state: EtcdPlan["state"];
}

export function planEtcd({ home, host, address, token, members, state }: NewEtcd): EtcdPlan {
  const { ca, host: own, revoked } = identityFiles(clusterFolder(home));
  const door = parseDoor(address);
  return {
    name: host,
    folder: etcdFolder(home),
    log: join(home, "logs", "etcd.log"),
    address: door.host,
    clientPort: door.port + 1,
    peerPort: door.port + 2,
    tls: { ca, cert: own, key: own, revoked },
    token,
    members,
    state,
  };
}

export async function readEtcdPlan(home: string): Promise<EtcdPlan | undefined> {
  const text = await readFile(planFile(home), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as EtcdPlan);
}

export const keepEtcdPlan = (home: string, plan: EtcdPlan): Promise<void> =>
  replace(planFile(home), `${JSON.stringify(plan, undefined, 2)}\n`, 0o600);

/** Ends this host's etcd, and takes all of it away. Idempotent. */
export async function removeEtcd(home: string): Promise<void> {
  await rm(planFile(home), { force: true });
  await stopEtcd(etcdFolder(home));
  await rm(etcdFolder(home), { recursive: true, force: true });
}
