/**
 * Makes a host that stands alone the first of a cluster, its guests running throughout:
 *
 *   certificates ──► etcd ──► move: the daemon ends, the next one carries all records over and goes on here
 *        ▲                      │ something fails: the host is as it was
 *        └──────── undone ◄─────┘
 */
import { copyFile, chmod, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LodgeError } from "#contract/errors";
import { wire } from "#contract/wire";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import { defineOperation } from "#durable/operation/define";
import { openSecret, type SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { startEtcd, waitForEtcd } from "#hypervisor/etcd/server";
import { ClusterAuthority } from "./authority.ts";
import { readClusterFile, type ClusterFile } from "./cluster-file.ts";
import { readCrossing, removeCrossing, writeCrossing } from "./crossing.ts";
import { parseDoor } from "./door-address.ts";
import { clusterFolder, etcdUrls, keepEtcdPlan, planEtcd, removeEtcd, sealKeyFile } from "./etcd-plan.ts";
import { writeExternalTls, type ExternalTls } from "./external-etcd.ts";
import { HostIdentity, identityFiles, newHost, replace } from "./host-identity.ts";

export interface InitInput {
  readonly cluster: string;
  readonly host: string;
  readonly name: string;
  /** "HOST:PORT" of the peer door. */
  readonly address: string;
  readonly etcdToken: string;
  /** Addresses of an etcd of the user's. */
  readonly etcd?: readonly string[];
  /** How that is reached: external-etcd.ts, sealed. */
  readonly etcdTls?: string;
}

/** What it is sealed for. */
export const etcdTlsContext = "cluster/etcd-client";

export interface CrossingOperationParts {
  readonly home: string;
  readonly clock: Clock;
  readonly key: SealKey;
  readonly version: string;
  /** Opens the store of a cluster. */
  readonly openCluster: (file: ClusterFile) => Promise<Store>;
  /** The daemon ends, and another begins in its place. */
  readonly beginAnew: () => void;
}

interface State {
  /** The authority's record: its key is sealed. */
  readonly authority: { readonly certificate: string; readonly key: string };
  readonly serial: string;
  readonly until: number;
}

export const newCluster = () => ({ cluster: newId("c"), host: newId("h"), etcdToken: newId("e") });

const fileOf = ({ cluster, host, name, address, etcd }: InitInput): ClusterFile => ({
  cluster,
  host,
  name,
  address,
  etcd: etcd ? { endpoints: etcd, external: true } : { endpoints: [etcdUrls(address).client] },
});

export function defineInit(parts: CrossingOperationParts) {
  const { home, clock, key, openCluster, version } = parts;
  return defineOperation<InitInput, State, { readonly cluster: string; readonly host: string }>({
    kind: "cluster.init",
    resume: "forward",
    steps: [
      {
        name: "certificates",
        async do({ input, progress }) {
          progress({ message: "Making the cluster's certificates" });
          await mkdir(clusterFolder(home), { recursive: true, mode: 0o700 });
          const authority = await ClusterAuthority.make(input.cluster, clock);
          const { request, key: hostKey } = await newHost(input.host, [parseDoor(input.address).host]);
          const { certificate, serial, until } = authority.sign(request);
          const given = { ca: authority.certificate, cert: certificate, key: hostKey };
          await HostIdentity.write(clusterFolder(home), clock, given);
          await replace(identityFiles(clusterFolder(home)).revoked, authority.revocationList([]), 0o644);
          await copyFile(join(home, "secret.key"), sealKeyFile(home));
          await chmod(sealKeyFile(home), 0o600);
          if (input.etcdTls !== undefined)
            await writeExternalTls(
              home,
              JSON.parse(openSecret(key, input.etcdTls, etcdTlsContext)) as ExternalTls,
            );
          return { authority: authority.record(key), serial, until };
        },
        async undo() {
          if (!(await readClusterFile(home))) await rm(clusterFolder(home), { recursive: true, force: true });
        },
      },
      {
        name: "etcd",
        async do({ input, progress, signal }) {
          progress({ message: "Starting etcd", fraction: 0.2 });
          if (!input.etcd) await beginEtcd(home, input, signal);
          const store = await openCluster(fileOf(input));
          try {
            if ((await store.list("", { limit: 1 })).items.length > 0)
              throw new LodgeError("cluster.etcd_in_use", {
                address: fileOf(input).etcd.endpoints.join(", "),
              });
          } finally {
            await store.close();
          }
        },
        async undo() {
          if (!(await readClusterFile(home))) await removeEtcd(home);
        },
      },
      {
        name: "move",
        // Once the daemon has ended it is too late; and it is a matter of moments.
        cancellable: false,
        async do({ input, state, progress, signal }) {
          if (await readClusterFile(home)) return;
          progress({ message: "Moving the records", fraction: 0.5 });
          await requireNotFailed(home);
          const { authority, serial, until } = state as State;
          await writeCrossing(home, {
            kind: "init",
            file: fileOf(input),
            cluster: {
              id: input.cluster,
              since: clock.now(),
              ...(input.etcd ? {} : { etcdToken: input.etcdToken }),
            },
            authority,
            member: {
              id: input.host,
              name: input.name,
              address: input.address,
              version,
              wire,
              ...(input.etcd ? {} : { voter: true as const }),
              state: "active",
              joinedAt: clock.now(),
              certificates: [{ serial, until }],
            },
          });
          parts.beginAnew();
          await ended(signal);
        },
      },
    ],
    result: ({ input }) => ({ cluster: input.cluster, host: input.name }),
  });
}

async function beginEtcd(home: string, input: InitInput, signal: AbortSignal): Promise<void> {
  const { host, address, etcdToken: token } = input;
  const members = [{ name: host, url: etcdUrls(address).peer }];
  const plan = planEtcd({ home, host, address, token, members, state: "new" });
  await mkdir(dirname(plan.log), { recursive: true });
  await keepEtcdPlan(home, plan);
  const { ca, cert, key } = (
    await HostIdentity.open(clusterFolder(home), { now: Date.now } as Clock)
  ).current();
  await waitForEtcd(plan, await startEtcd(plan), { tls: { ca, cert, key }, signal });
}

/** A crossing that was tried and failed is why the operation fails. @throws LodgeError */
export async function requireNotFailed(home: string): Promise<void> {
  const failed = (await readCrossing(home))?.failed;
  if (!failed) return;
  await removeCrossing(home);
  throw LodgeError.fromProblem(failed);
}

/** Resolves never: the daemon ends, and the next one goes on with the operation. */
export const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
