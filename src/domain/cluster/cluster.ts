/** The cluster, as the API offers it: on a host that stands alone, and on a member. */
import { stat } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { ReserveCheck } from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import { withTimeout } from "#base/deadline";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import type { EtcdAccess } from "#hypervisor/etcd/access";
import { listMembers as listEtcdMembers, removeMember } from "#hypervisor/etcd/members";
import { guestPrefix } from "../guest/record.ts";
import type { Members } from "../member/members.ts";
import type { MemberRecord } from "../member/record.ts";
import type { ClusterFile } from "./cluster-file.ts";
import type { defineInit, CrossingOperationParts } from "./init.ts";
import { newCluster } from "./init.ts";
import { askForMembership, giveUp, requireFresh, type defineJoin } from "./join.ts";
import { makeToken, writeToken } from "./join-token.ts";
import { holdings, ofHost, requireMayLeave, type defineLeave } from "./leave.ts";
import { readCrossing, writeCrossing } from "./crossing.ts";
import { chooseAddress } from "./own-address.ts";
import { putOut } from "./put-out.ts";
import { clusterKey } from "./records.ts";
import { aloneStatus, clusterStatus } from "./status.ts";
import { openAuthority, takeIn } from "./take-in.ts";

/** What there is of a cluster on a member. */
export interface OwnCluster {
  readonly all: Store;
  readonly members: Members;
  readonly file: () => ClusterFile;
  readonly access: () => EtcdAccess;
}

export interface ClusterParts extends CrossingOperationParts {
  /** This host's own. */
  readonly store: Store;
  readonly engine: Pick<OperationEngine, "start">;
  /** What Lodge's own interfaces are named by. */
  readonly tag: string;
  /** What this host is called where nobody says anything else. */
  readonly hostname: string;
  readonly startedAt: number;
  /** Whether what is kept in reserve would do; undefined: nothing is. */
  readonly reserve: () => Promise<ReserveCheck | undefined>;
  readonly init: ReturnType<typeof defineInit>;
  readonly join: ReturnType<typeof defineJoin>;
  readonly leave: ReturnType<typeof defineLeave>;
  /** Undefined: this host stands alone. */
  readonly own: OwnCluster | undefined;
}

/** One thing at a time is done about what this host is a member of. */
const targets = ["cluster:membership"];
/** Milliseconds in which a majority says that it is there. */
const quorumPatience = 3_000;

export class Cluster {
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  async status(): Promise<Schemas["ClusterStatus"]> {
    const { own, clock } = this.#parts;
    if (!own) return aloneStatus;
    const file = own.file();
    const quorum = await withTimeout(own.all.get(clusterKey), quorumPatience, "the cluster's store").then(
      () => true,
      () => false,
    );
    const failed = await this.#failedRestore();
    const reserve = quorum ? await this.#reserve() : undefined;
    return clusterStatus({
      ...(failed === undefined ? {} : { failedRestore: failed }),
      ...(reserve ? { reserve } : {}),
      id: file.cluster,
      host: file.host,
      members: own.members.all().map((member) => ({ ...member, answers: this.#answers(own, member) })),
      quorum,
      external: file.etcd.external ?? false,
      now: clock.now(),
    });
  }

  async hosts(): Promise<Schemas["ClusterHost"][]> {
    const { own } = this.#parts;
    return own ? Promise.all(own.members.all().map((member) => this.#shown(own, member))) : [];
  }

  /** @throws LodgeError cluster.member_already, cluster.address_needed, cluster.address_refused, operation.target_busy */
  async begin({ name, address, etcd }: Schemas["ClusterInit"]): Promise<Operation> {
    const { engine, init, tag } = this.#parts;
    this.#requireAlone();
    const input = {
      ...newCluster(),
      name: name ?? this.#ownName(),
      address: await chooseAddress(address, tag),
      ...(etcd ? { etcd } : {}),
    };
    return (await engine.start(init, input, { targets, whenBusy: "refuse" })).operation;
  }

  /** @throws LodgeError cluster.alone */
  async token({ seconds }: Schemas["ClusterTokenCreate"]): Promise<Schemas["ClusterToken"]> {
    const own = this.#requireMember();
    const { clock } = this.#parts;
    const { secret, expiresAt } = await makeToken({ store: own.all, clock }, seconds);
    const { host } = own.file();
    // This one is asked first, since it is known to answer.
    const all = own.members.all().filter((member) => this.#answers(own, member));
    const addresses = all
      .toSorted((a, b) => Number(b.id === host) - Number(a.id === host))
      .map((each) => each.address);
    const { fingerprint } = await openAuthority({ ...this.#parts, all: own.all });
    return {
      token: writeToken({ addresses: addresses.slice(0, 5), fingerprint, secret }),
      expiresAt: new Date(expiresAt).toISOString(),
    };
  }

  /** @throws LodgeError cluster.not_fresh, …: see routes/cluster.ts */
  async join({ token, name, address }: Schemas["ClusterJoin"]): Promise<Operation> {
    const { engine, join, store, tag } = this.#parts;
    this.#requireAlone();
    await requireFresh(store);
    const input = await askForMembership({
      ...this.#parts,
      token,
      name: name ?? this.#ownName(),
      address: await chooseAddress(address, tag),
    });
    try {
      return (await engine.start(join, input, { targets, whenBusy: "refuse" })).operation;
    } catch (error) {
      await giveUp(this.#parts, input);
      throw error;
    }
  }

  /** @throws LodgeError cluster.alone, cluster.has_guests, cluster.last_host */
  async leave(): Promise<Operation> {
    const { engine, leave } = this.#parts;
    const own = this.#requireMember();
    const { host } = own.file();
    await requireMayLeave(own, host);
    return (await engine.start(leave, { host }, { targets, whenBusy: "refuse" })).operation;
  }

  /** @throws LodgeError cluster.alone, cluster.host_not_found, cluster.has_guests, cluster.remove_self */
  async remove(
    ref: string,
    { force = false }: Schemas["ClusterRemoveQuery"],
  ): Promise<Schemas["ClusterHost"]> {
    const own = this.#requireMember();
    const member = own.members.find(ref);
    if (!member) throw new LodgeError("cluster.host_not_found", { host: ref });
    if (member.id === own.file().host) throw new LodgeError("cluster.remove_self", { host: member.name });
    const what = await holdings(own.all, ofHost(member.id));
    if (what !== undefined && !force) throw new LodgeError("cluster.has_guests", { host: member.name, what });
    const shown = await this.#shown(own, member);
    await this.#putOut(own, member);
    return shown;
  }

  /** Lets go of a host that was taken in and never began. */
  async letGo(id: string): Promise<void> {
    const own = this.#requireMember();
    const member = own.members.get(id);
    if (member && (await holdings(own.all, ofHost(id))) === undefined) await this.#putOut(own, member);
  }

  /** Takes a host in. @throws LodgeError cluster.token_invalid, … */
  takeIn(body: Schemas["PeerJoin"]): Promise<Schemas["PeerJoined"]> {
    return takeIn({ ...this.#parts, all: this.#requireMember().all }, body);
  }

  hello(): Schemas["PeerHello"] {
    const { version, wire, clock, startedAt } = this.#parts;
    const { host, name } = this.#requireMember().file();
    return { id: host, name, version, wire, now: clock.now(), startedAt };
  }

  /** @throws LodgeError cluster.alone, store.unavailable where the file is there */
  async backup(path: string): Promise<Schemas["ClusterBackup"]> {
    await this.#requireMember().all.backup(path);
    return { path, size: (await stat(path)).size };
  }

  /**
   * Begins anew from a backup, with this host alone to keep the state: the daemon does it as it begins anew. It asks the store
   * nothing, which may answer nobody.
   * @throws LodgeError cluster.alone, cluster.backup_unusable
   */
  async restore(path: string): Promise<Schemas["ClusterStatus"]> {
    const own = this.#requireMember();
    if (own.file().etcd.external) throw new LodgeError("cluster.alone");
    const found = await stat(path).catch((cause: unknown) => {
      throw new LodgeError("cluster.backup_unusable", { path, reason: "it cannot be read" }, { cause });
    });
    if (!found.isFile()) throw new LodgeError("cluster.backup_unusable", { path, reason: "it is no file" });
    const status = await this.status();
    await writeCrossing(this.#parts.home, { kind: "restore", backup: path });
    // The answer goes first.
    setImmediate(() => this.#parts.beginAnew());
    return status;
  }

  #reserve(): Promise<ReserveCheck | undefined> {
    const found = this.#parts.reserve();
    return withTimeout(found, quorumPatience, "the reserve").catch(() => undefined);
  }

  /** Why the restore that was asked for last did not happen; undefined: it did, or none was. */
  async #failedRestore(): Promise<string | undefined> {
    const crossing = await readCrossing(this.#parts.home);
    return crossing?.kind === "restore" ? crossing.failed?.message : undefined;
  }

  async #putOut(own: OwnCluster, member: MemberRecord): Promise<void> {
    const { clock } = this.#parts;
    if (!own.file().etcd.external) {
      const voter = (await listEtcdMembers(own.access())).find(({ name }) => name === member.id);
      if (voter) await removeMember(own.access(), voter.id, { clock });
    }
    await putOut(own.all, member, clock.now());
  }

  async #shown(own: OwnCluster, member: MemberRecord): Promise<Schemas["ClusterHost"]> {
    const { id, name, address, version, wire, voter, witness, state, joinedAt, labels, taints } = member;
    const guests = own.all.list(ofHost(id)(guestPrefix)).then(
      ({ items }) => items.length,
      () => 0,
    );
    const away = own.members.awaySince(id);
    const until = Math.max(...member.certificates.map((each) => each.until));
    return {
      ...{ id, name, address, version, wire, state },
      voter: voter ?? false,
      witness: witness ?? false,
      answers: this.#answers(own, member),
      ...(away === undefined ? {} : { awaySince: new Date(away).toISOString() }),
      here: id === own.file().host,
      guests: await withTimeout(guests, quorumPatience, "the cluster's store").catch(() => 0),
      joinedAt: new Date(joinedAt).toISOString(),
      ...(Number.isFinite(until) ? { certificateUntil: new Date(until).toISOString() } : {}),
      ...(labels ? { labels } : {}),
      ...(taints ? { taints: [...taints] } : {}),
    };
  }

  #answers(own: OwnCluster, { id }: MemberRecord): boolean {
    return id === own.file().host || own.members.beat(id) !== undefined;
  }

  /** This computer's own name, as far as it is one. */
  #ownName(): string {
    const [first = ""] = this.#parts.hostname.toLowerCase().split(".");
    const plain = first.replace(/[^a-z0-9-]/g, "").replace(/^[^a-z]+|-+$/g, "");
    return plain.slice(0, 63) || "host";
  }

  #requireAlone(): void {
    if (this.#parts.own) throw new LodgeError("cluster.member_already");
  }

  #requireMember(): OwnCluster {
    if (!this.#parts.own) throw new LodgeError("cluster.alone");
    return this.#parts.own;
  }
}
