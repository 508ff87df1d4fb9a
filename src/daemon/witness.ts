/**
 * The daemon of a witness: a small computer that gives two hosts a third vote. It runs no guests, no network and no QEMU, and
 * knows nothing of either.
 *
 *   token? ──► joins ──► its etcd, where it is to have a vote ──► its beat ──► doors
 *   taken out of the cluster ──► forgets it, and ends
 */
import { mkdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { wire } from "#contract/wire";
import { type Clock, systemClock } from "#base/clock";
import { homePaths, prepareRun } from "#base/home";
import type { Log } from "#base/log";
import { claimPidFile, releasePidFile } from "#base/pid-lock";
import { isForgotten } from "#client/forgotten";
import type { EtcdStore } from "#durable/store/etcd";
import { loadSealKey } from "#durable/store/seal";
import {
  clusterFile,
  readClusterFile,
  removeClusterFile,
  writeClusterFile,
} from "#domain/cluster/cluster-file";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { clusterFolder, removeEtcd, sealKeyFile } from "#domain/cluster/etcd-plan";
import { incarnationKey } from "#domain/cluster/incarnation";
import { askForMembership } from "#domain/cluster/join";
import { announce } from "#domain/cluster/level";
import { chooseAddress, nameAfter } from "#domain/cluster/own-address";
import { ClusterView } from "#domain/cluster/view";
import { BeatKeeper } from "#domain/member/keep-beat";
import { openWitnessDoors } from "#server/witness-doors";
import type { Daemon, Ending } from "./options.ts";
import { keepPlace } from "./keep-place.ts";
import { openMembership, type Membership } from "./membership.ts";
import { beginEtcd, openCluster } from "./open-cluster.ts";
import { openPatiently } from "./open-patiently.ts";
import { tellReady } from "./ready.ts";
import { readVersion } from "./version.ts";

export interface WitnessOptions {
  readonly home: string;
  /** How it becomes one, where it is none yet. */
  readonly join?: { readonly token: string; readonly name?: string; readonly address?: string };
}

/** Milliseconds between two looks whether it is a member still, and without a beat after which others are asked. */
const lookEvery = 3_000;
const silence = 10_000;

/** @throws LodgeError api.daemon_running, cluster.not_a_witness, store.fenced where it was taken out, what joining throws */
export async function startWitness(options: WitnessOptions, log: Log): Promise<Daemon> {
  const clock = systemClock;
  const startedAt = clock.now();
  const version = await readVersion();
  const paths = homePaths(options.home);
  prepareRun(paths);
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const pidFile = join(paths.home, "lodged.pid");
  const other = claimPidFile(pidFile);
  if (other) throw new LodgeError("api.daemon_running", { home: paths.home, pid: other.pid });
  const { home } = paths;
  const file = (await ownFile(home)) ?? (await become({ ...options, home, clock, version }));
  await beginEtcd(home);
  const open = async () => (await openCluster(home, file, clock)).store;
  const all = await openPatiently(open, { socket: paths.socket, clock, log });
  await requireMember(all, file, version);
  const membership = await openMembership({ member: file, all, quorum: all.quorum, home, clock, log });
  const { members, identity } = membership;
  const key = await loadSealKey(sealKeyFile(home));
  const place = keepPlace({ all, file, members, identity, key, home, clock, log });
  let keptAt = clock.monotonic();
  const onKept = async () => void (keptAt = clock.monotonic());
  const beat = new BeatKeeper({ store: all, host: file.host, startedAt, clock, log, onKept });
  await beat.open();
  const view = new ClusterView({ ...place.own, home, clock, version, startedAt });
  const doors = await openWitnessDoors({ view, members: membership.directory, log });
  await doors.listenUnix(paths.socket);
  await doors.listenPeers(file.address, identity);
  place.open();
  log.info({ home, cluster: file.cluster, name: file.name }, "this witness is ready");
  tellReady().catch((error: unknown) =>
    log.warn({ err: error }, "systemd was not told that lodged is ready"),
  );

  const halt = Promise.withResolvers<Ending>();
  const ending = new AbortController();
  void watch({ membership, clock, silent: () => clock.monotonic() - keptAt > silence }, ending.signal).then(
    (out) => out && halt.resolve("fenced"),
  );
  const stop = async () => {
    ending.abort();
    await doors.close();
    await place.close();
    await beat.close({ guestsGoOn: false });
    membership.close();
    await all.close();
    releasePidFile(pidFile);
    halt.resolve("asked");
  };
  return { paths, stopped: halt.promise, stop };
}

/** It is no member any more: nothing of the cluster stays. */
export async function forgetCluster(home: string): Promise<void> {
  await removeEtcd(home);
  await rm(clusterFolder(home), { recursive: true, force: true });
  await removeClusterFile(home);
}

async function ownFile(home: string): Promise<ClusterFile | undefined> {
  const file = await readClusterFile(home);
  if (file && !file.witness)
    throw new LodgeError("cluster.not_a_witness", {
      home,
      reason: `${clusterFile(home)} says that it is a host`,
    });
  return file;
}

interface BecomeParts extends WitnessOptions {
  readonly clock: Clock;
  readonly version: string;
}

async function become({ home, join: asked, clock, version }: BecomeParts): Promise<ClusterFile> {
  if (!asked) throw new LodgeError("cluster.not_a_witness", { home, reason: "it is in no cluster" });
  const { token, name = nameAfter(hostname()) } = asked;
  const address = await chooseAddress(asked.address, "");
  const { file } = await askForMembership({ home, clock, version, token, name, address, witness: true });
  await writeClusterFile(home, file);
  return file;
}

/** @throws LodgeError store.fenced */
async function requireMember(all: EtcdStore, { host }: ClusterFile, version: string): Promise<void> {
  try {
    if (!(await all.get(incarnationKey(host)))) throw new LodgeError("store.fenced");
    await announce(all, host, { version, wire });
  } catch (error) {
    await all.close();
    throw error;
  }
}

interface WatchParts {
  readonly membership: Membership;
  readonly clock: Clock;
  readonly silent: () => boolean;
}

/** Resolves to whether it was taken out. Where nobody keeps its beat any more the hosts are asked: its etcd only hangs up then. */
async function watch({ membership, clock, silent }: WatchParts, signal: AbortSignal): Promise<boolean> {
  const { members, id, identity } = membership;
  for (;;) {
    await clock.sleep(lookEvery, signal).catch(() => undefined);
    if (signal.aborted) return false;
    if (!members.get(id)) return true;
    const doors = members.all().flatMap((other) => (other.witness ? [] : [other.address]));
    if (silent() && (await isForgotten(doors, identity.current()))) return true;
  }
}
