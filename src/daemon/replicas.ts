/** Replicas of guests on other hosts of the cluster: what wires a guest's host and the one that keeps the copy. */
import { LodgeError } from "#contract/errors";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import type { Tunnels } from "#domain/cluster/tunnels";
import type { Fleet } from "#domain/guest/fleet";
import type { Cargo } from "#domain/guest/migrate/cargo";
import type { GuestRecord } from "#domain/guest/record";
import { guestTarget } from "#domain/guest/record";
import { Copies } from "#domain/guest/replica/copies";
import type { CopyHost, CopyHosts } from "#domain/guest/replica/hosts";
import { ReplicaKeeper } from "#domain/guest/replica/keep";
import type { Kept } from "#domain/guest/replica/record";
import { defineReplicate } from "#domain/guest/replica/replicate";
import { Replicas } from "#domain/guest/replica/replicas";
import type { ReplicaService } from "#server/services";
import type { Reaching } from "./moves.ts";

export interface ReplicatingParts {
  readonly fleet: Fleet;
  readonly engine: OperationEngine;
  /** All hosts' records as they lie. */
  readonly all: Store;
  readonly layerRoots: () => Promise<string[]>;
  readonly bring: (image: string, project: string) => Promise<void>;
  readonly choose: (guest: string) => Promise<string>;
  /** Undefined: this host stands alone. */
  readonly reaching: Reaching | undefined;
}

/** What a tunnel of a replica is called. */
const kind = "replica";

/** Milliseconds that the other host may take: it copies images, and waits for a disk. */
const patience = 60_000;

function hostsOf({ id: self, peers, members }: Reaching): CopyHosts {
  const host = (id: string, name: string): CopyHost => ({
    id,
    name,
    look: (cargo, signal) => peers.call(id, "peerMoveLook", { body: { cargo } }, { signal, patience }),
    prepare: async (replica, body, signal) =>
      (await peers.call(id, "peerReplicaPrepare", { params: { replica }, body }, { signal, patience })).files,
    open: (replica, body, signal) =>
      peers.call(id, "peerReplicaOpen", { params: { replica }, body }, { signal, patience }),
    keep: (replica, body, signal) =>
      peers.call(id, "peerReplicaKeep", { params: { replica }, body }, { signal, patience }),
    close: (replica, epoch, signal) =>
      peers.call(id, "peerReplicaClose", { params: { replica }, body: { epoch } }, { signal, patience }),
    drop: (replica, signal) =>
      peers.call(id, "peerReplicaDrop", { params: { replica } }, { signal, patience }),
    connect: (replica, end, signal) => peers.tunnel(id, { kind, ref: replica, end }, { signal }),
  });
  return {
    self,
    find(ref) {
      const found = members.find(ref);
      if (!found) throw new LodgeError("cluster.host_not_found", { host: ref });
      return host(found.id, found.name);
    },
  };
}

export function wireReplicas({ reaching, ...parts }: ReplicatingParts) {
  const { fleet, engine, all } = parts;
  const { store, places } = fleet.parts;
  const hosts = reaching && hostsOf(reaching);
  const known = (): CopyHosts => {
    if (!hosts) throw new LodgeError("move.alone");
    return hosts;
  };
  const keeper =
    hosts &&
    new ReplicaKeeper({ fleet, hosts, isBusy: (guest) => engine.holderOf(guestTarget(guest)) !== undefined });
  const drop = async (record: GuestRecord) => keeper?.drop(record);
  const operation = defineReplicate({ fleet, hosts: known, drop });
  const replicas = new Replicas({ ...parts, hosts: () => hosts, drop, operation });
  const copies = new Copies({
    ...parts,
    store,
    places,
    all,
    self: reaching?.id ?? "",
    isThere: (host) => reaching?.members.beat(host) !== undefined,
  });
  /** @throws LodgeError cluster.host_unreachable, replica.none */
  const close = async (host: string, guest: string, epoch: number): Promise<Kept> =>
    host === reaching?.id
      ? copies.close(guest, { epoch })
      : known().find(host).close(guest, epoch, AbortSignal.timeout(patience));
  const service: Omit<ReplicaService, "promote"> = {
    set: (guest, body) => replicas.begin(guest, body),
    remove: (guest) => replicas.remove(guest),
    prepare: async (guest, from, { epoch, cargo }) => ({
      files: await copies.prepare(guest, from, { epoch, cargo: cargo as Cargo }),
    }),
    open: (guest, from, order) => copies.opened(guest, from, order),
    keep: (guest, from, order) => copies.keep(guest, from, order),
    close: (guest, order) => copies.close(guest, order),
    drop: (guest) => copies.drop(guest),
  };
  return {
    operation,
    service,
    close,
    /** Before any host is answered, and once guests are adopted. */
    async open(tunnels: Pick<Tunnels, "offer">): Promise<void> {
      await copies.open();
      tunnels.offer(kind, ({ ref, end }, from) => copies.connect(ref, end, from));
      await keeper?.open();
    },
    shut: async () => keeper?.close(),
  };
}

export type Replicating = ReturnType<typeof wireReplicas>;
