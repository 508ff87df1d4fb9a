/** Opens what this host's records are in, once what it was about to become has been carried through or given up. */
import { join } from "node:path";
import type { HomePaths } from "#base/home";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { EtcdStore } from "#durable/store/etcd";
import { loadSealKey, type SealKey } from "#durable/store/seal";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { crossOver } from "#domain/cluster/crossing";
import { sealKeyFile } from "#domain/cluster/etcd-plan";
import { announce } from "#domain/cluster/level";
import { wire } from "#contract/wire";
import { beginEtcd, openCluster } from "./open-cluster.ts";
import { openPatiently } from "./open-patiently.ts";
import { openState, type State } from "./state.ts";

export interface HostStateParts {
  readonly paths: HomePaths;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFenced: () => void;
  /** What this daemon is. */
  readonly version: string;
}

export interface HostState extends State {
  /** The cluster's, where the host is in one. */
  readonly etcd: EtcdStore | undefined;
  /** What secrets are sealed with. */
  readonly key: SealKey;
}

/** @throws LodgeError store.unavailable, store.newer, store.membership, store.fenced, cluster.wire_mismatch, cluster.host_too_old, cluster.host_too_new */
export async function openHostState({
  paths,
  clock,
  log,
  onFenced,
  version,
}: HostStateParts): Promise<HostState> {
  let etcd: EtcdStore | undefined;
  const openEtcd = async (file: ClusterFile) => (etcd = (await openCluster(paths.home, file, clock)).store);
  await beginEtcd(paths.home);
  await crossOver({ home: paths.home, path: paths.store, openCluster: openEtcd, clock, log });
  const patiently = (file: ClusterFile) =>
    openPatiently(() => openEtcd(file), { socket: paths.socket, clock, log });
  const state = await openState({ paths, openCluster: patiently, onFenced, log });
  if (state.member)
    try {
      await announce(state.all, state.member.host, { version, wire });
    } catch (error) {
      await state.all.close();
      throw error;
    }
  const keyFile = state.member ? sealKeyFile(paths.home) : join(paths.home, "secret.key");
  return { ...state, etcd, key: await loadSealKey(keyFile) };
}
