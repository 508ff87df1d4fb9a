/** The cluster, as the API offers it: on a host that stands alone, and on a member. */
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PassingFile } from "#contract/call";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { ReserveCheck } from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import type { OperationEngine } from "#durable/operation/engine";
import { sealSecret } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { listMembers as listEtcdMembers, removeMember } from "#hypervisor/etcd/members";
import type { MemberRecord } from "../member/record.ts";
import type { defineInit, CrossingOperationParts } from "./init.ts";
import { etcdTlsContext, newCluster } from "./init.ts";
import { requireUsable } from "./external-etcd.ts";
import { askForMembership, giveUp, requireFresh, type defineJoin } from "./join.ts";
import { makeToken, writeToken } from "./join-token.ts";
import { holdings, ofHost, requireMayLeave, type defineLeave } from "./leave.ts";
import { writeCrossing } from "./crossing.ts";
import { chooseAddress, nameAfter } from "./own-address.ts";
import { putOut } from "./put-out.ts";
import { aloneStatus } from "./status.ts";
import { openAuthority, takeIn } from "./take-in.ts";
import { ClusterView, type OwnCluster } from "./view.ts";

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

export class Cluster {
  readonly #parts: ClusterParts;
  readonly #view: ClusterView | undefined;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#view = parts.own && new ClusterView({ ...parts, ...parts.own });
  }

  async status(): Promise<Schemas["ClusterStatus"]> {
    return this.#view ? this.#view.status() : aloneStatus;
  }

  async hosts(): Promise<Schemas["ClusterHost"][]> {
    return this.#view ? this.#view.hosts() : [];
  }

  hello(): Schemas["PeerHello"] {
    return this.#requireView().hello();
  }

  /** @throws LodgeError cluster.member_already, cluster.address_needed, cluster.etcd_certificate, …: see routes/cluster.ts */
  async begin({ name, address, etcd, etcdTls }: Schemas["ClusterInit"]): Promise<Operation> {
    const { engine, init, tag, hostname, clock, key } = this.#parts;
    this.#requireAlone();
    if (etcdTls) requireUsable(etcdTls, clock.now());
    const input = {
      ...newCluster(),
      name: name ?? nameAfter(hostname),
      address: await chooseAddress(address, tag),
      ...(etcd ? { etcd } : {}),
      ...(etcd && etcdTls ? { etcdTls: sealSecret(key, JSON.stringify(etcdTls), etcdTlsContext) } : {}),
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
    const view = this.#requireView();
    const all = own.members.all().filter((member) => view.answers(member) && !member.witness);
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
    const { engine, join, store, tag, hostname } = this.#parts;
    this.#requireAlone();
    await requireFresh(store);
    const input = await askForMembership({
      ...this.#parts,
      token,
      name: name ?? nameAfter(hostname),
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
    const shown = await this.#requireView().shown(member);
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

  /** @throws LodgeError cluster.alone, store.unavailable where the file is there */
  async backup(path: string): Promise<Schemas["ClusterBackup"]> {
    await this.#requireMember().all.backup(path);
    return { path, size: (await stat(path)).size };
  }

  /** The same, for whoever asks from another computer. @throws LodgeError cluster.alone */
  async backupContent(): Promise<PassingFile> {
    const own = this.#requireMember();
    const folder = await mkdtemp(join(tmpdir(), "lodge-backup-"));
    try {
      const { path, size } = await this.backup(join(folder, "cluster"));
      const file = await open(path);
      const day = new Date(this.#parts.clock.now()).toISOString().slice(0, 10);
      return {
        stream: file.readableWebStream({ autoClose: true }),
        size,
        name: `${own.file().cluster}-${day}.backup`,
      };
    } finally {
      // Who has it open reads on.
      await rm(folder, { recursive: true });
    }
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

  async #putOut(own: OwnCluster, member: MemberRecord): Promise<void> {
    const { clock } = this.#parts;
    if (!own.file().etcd.external) {
      const voter = (await listEtcdMembers(own.access())).find(({ name }) => name === member.id);
      if (voter) await removeMember(own.access(), voter.id, { clock });
    }
    await putOut(own.all, member, clock.now());
  }

  #requireAlone(): void {
    if (this.#parts.own) throw new LodgeError("cluster.member_already");
  }

  #requireView(): ClusterView {
    if (!this.#view) throw new LodgeError("cluster.alone");
    return this.#view;
  }

  #requireMember(): OwnCluster {
    if (!this.#parts.own) throw new LodgeError("cluster.alone");
    return this.#parts.own;
  }
}
