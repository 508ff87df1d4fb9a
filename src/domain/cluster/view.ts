/** How a cluster looks from one of its members, a witness too. */
import type { ReserveCheck } from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import { wire } from "#contract/wire";
import type { Clock } from "#base/clock";
import { withTimeout } from "#base/deadline";
import type { Quorum } from "#durable/store/etcd";
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
  readonly quorum: Quorum;
  /** How many guests a host has, from what is held in memory of all; a witness has that counted. */
  readonly guestsOn?: ((host: string) => Promise<number>) | undefined;
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
    const { all, members, clock, quorum } = this.#parts;
    const file = this.#parts.file();
    const level = await withTimeout(readLevel(all), quorumPatience, "the cluster's store").then(
      ({ value }) => value,
      () => undefined,
    );
    const knownAt = level === undefined ? (quorum.lostSince ?? clock.now()) : undefined;
    const failed = await this.#failedRestore();
    const reserve = level === undefined ? undefined : await this.#reserve();
    return clusterStatus({
      ...(failed === undefined ? {} : { failedRestore: failed }),
      ...(level === undefined ? {} : { level }),
      ...(reserve ? { reserve } : {}),
      id: file.cluster,
      host: file.host,
      members: members.all().map((member) => ({ ...member, answers: this.answers(member) })),
      ...(knownAt === undefined ? {} : { knownAt }),
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
    const { members, file, quorum } = this.#parts;
    const here = id === file().host;
    const knownAt = here ? undefined : quorum.lostSince;
    const away = members.awaySince(id);
    const until = Math.max(...member.certificates.map((each) => each.until));
    return {
      ...{ id, name, address, version, wire: speaks, state },
      voter: voter ?? false,
      witness: witness ?? false,
      answers: this.answers(member),
      ...(away === undefined ? {} : { awaySince: new Date(away).toISOString() }),
      here,
      ...(knownAt === undefined ? {} : { knownAt: new Date(knownAt).toISOString() }),
      guests: await this.#guestsOn(id),
      joinedAt: new Date(joinedAt).toISOString(),
      ...(Number.isFinite(until) ? { certificateUntil: new Date(until).toISOString() } : {}),
      ...(labels ? { labels } : {}),
      ...(taints ? { taints: [...taints] } : {}),
    };
  }

  async #guestsOn(id: string): Promise<number> {
    const { all, guestsOn } = this.#parts;
    if (guestsOn) return guestsOn(id);
    const listed = all.list(ofHost(id)(guestPrefix)).then(({ items }) => items.length);
    return withTimeout(listed, quorumPatience, "the cluster's store").catch(() => 0);
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
