/** How a cluster looks from one of its members, a witness too. */
import type { ReserveCheck } from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import { wire } from "#contract/wire";
import type { Clock } from "#base/clock";
import { withTimeout } from "#base/deadline";
import type { Store } from "#durable/store/store";
import type { EtcdAccess } from "#hypervisor/etcd/access";
import { guestPrefix } from "../guest/record.ts";
import type { Members } from "../member/members.ts";
import type { MemberRecord } from "../member/record.ts";
import type { ClusterFile } from "./cluster-file.ts";
import { readCrossing } from "./crossing.ts";
import { ofHost } from "./leave.ts";
import { readLevel } from "./level.ts";
import { clusterStatus } from "./status.ts";

/** What there is of a cluster on a member. */
export interface OwnCluster {
  readonly all: Store;
  readonly members: Members;
  readonly file: () => ClusterFile;
  readonly access: () => EtcdAccess;
}

export interface ViewParts extends OwnCluster {
  readonly home: string;
  readonly clock: Clock;
  readonly version: string;
  readonly startedAt: number;
  /** Whether what is kept for highly available guests would do. */
  readonly reserve?: () => Promise<ReserveCheck | undefined>;
}

/** Milliseconds in which a majority says that it is there. */
const quorumPatience = 3_000;

export class ClusterView {
  readonly #parts: ViewParts;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  async status(): Promise<Schemas["ClusterStatus"]> {
    const { all, members, clock } = this.#parts;
    const file = this.#parts.file();
    const level = await withTimeout(readLevel(all), quorumPatience, "the cluster's store").then(
      ({ value }) => value,
      () => undefined,
    );
    const failed = await this.#failedRestore();
    const reserve = level === undefined ? undefined : await this.#reserve();
    return clusterStatus({
      ...(failed === undefined ? {} : { failedRestore: failed }),
      ...(level === undefined ? {} : { level }),
      ...(reserve ? { reserve } : {}),
      id: file.cluster,
      host: file.host,
      members: members.all().map((member) => ({ ...member, answers: this.answers(member) })),
      quorum: level !== undefined,
      external: file.etcd.external ?? false,
      now: clock.now(),
    });
  }

  hosts(): Promise<Schemas["ClusterHost"][]> {
    return Promise.all(this.#parts.members.all().map((member) => this.shown(member)));
  }

  hello(): Schemas["PeerHello"] {
    const { version, clock, startedAt } = this.#parts;
    const { host, name } = this.#parts.file();
    return { id: host, name, version, wire, now: clock.now(), startedAt };
  }

  async shown(member: MemberRecord): Promise<Schemas["ClusterHost"]> {
    const {
      id,
      name,
      address,
      version,
      wire: speaks,
      voter,
      witness,
      state,
      joinedAt,
      labels,
      taints,
    } = member;
    const { all, members, file } = this.#parts;
    const guests = all.list(ofHost(id)(guestPrefix)).then(
      ({ items }) => items.length,
      () => 0,
    );
    const away = members.awaySince(id);
    const until = Math.max(...member.certificates.map((each) => each.until));
    return {
      ...{ id, name, address, version, wire: speaks, state },
      voter: voter ?? false,
      witness: witness ?? false,
      answers: this.answers(member),
      ...(away === undefined ? {} : { awaySince: new Date(away).toISOString() }),
      here: id === file().host,
      guests: await withTimeout(guests, quorumPatience, "the cluster's store").catch(() => 0),
      joinedAt: new Date(joinedAt).toISOString(),
      ...(Number.isFinite(until) ? { certificateUntil: new Date(until).toISOString() } : {}),
      ...(labels ? { labels } : {}),
      ...(taints ? { taints: [...taints] } : {}),
    };
  }

  answers({ id }: Pick<MemberRecord, "id">): boolean {
    return id === this.#parts.file().host || this.#parts.members.beat(id) !== undefined;
  }

  async #reserve(): Promise<ReserveCheck | undefined> {
    const found = this.#parts.reserve?.() ?? Promise.resolve(undefined);
    return withTimeout(found, quorumPatience, "the reserve").catch(() => undefined);
  }

  /** Why the restore that was asked for last did not happen; undefined: it did, or none was. */
  async #failedRestore(): Promise<string | undefined> {
    const crossing = await readCrossing(this.#parts.home);
    return crossing?.kind === "restore" ? crossing.failed?.message : undefined;
  }
}
