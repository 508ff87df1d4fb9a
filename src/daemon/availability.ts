/**
 * High availability, as a daemon has it that is a host of a cluster (docs/decisions/0048-high-availability.md):
 *
 *   open   its beat is kept, and the fence knows what an earlier daemon left running; before anything is adopted
 *   begin  guests that came while no daemon ran are made up; what other hosts lose is taken over from then on
 *   close  the beat stays for a minute where highly available guests go on without a daemon
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import type { HomePaths } from "#base/home";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { Arrivals } from "#domain/cluster/failover/arrivals";
import { AtHand } from "#domain/cluster/failover/at-hand";
import { chooseHost } from "#domain/cluster/failover/choose";
import { Failover } from "#domain/cluster/failover/failover";
import { letGoOfLost, type LetGoParts } from "#domain/cluster/failover/let-go";
import { Refusals } from "#domain/cluster/failover/refuse";
import { FenceDevices } from "#domain/cluster/fence/devices";
import type { LostHost } from "#domain/cluster/failover/take-over";
import type { Fleet } from "#domain/guest/fleet";
import type { Safeguards } from "#domain/guest/ha";
import { markOf } from "#domain/guest/place";
import type { GuestRecord } from "#domain/guest/record";
import type { defineStart } from "#domain/guest/start";
import type { EventLog } from "#domain/host/events";
import { Holds } from "#domain/host/holds";
import type { Board } from "#domain/host/placement/board";
import type { PlacementPolicy } from "#contract/schema/placement";
import { promote } from "#domain/cluster/failover/promote";
import type { Kept } from "#domain/guest/replica/record";
import { BeatKeeper } from "#domain/member/keep-beat";
import type { Members } from "#domain/member/members";
import { beatKey } from "#domain/member/record";
import { Fence } from "#hypervisor/fence/fence";

export interface AvailabilityParts {
  readonly member: ClusterFile;
  /** All hosts' records as they lie. */
  readonly all: Store;
  readonly paths: HomePaths;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventLog;
  readonly startedAt: number;
}

export interface BeginParts {
  readonly fleet: Fleet;
  readonly engine: OperationEngine;
  readonly start: ReturnType<typeof defineStart>;
  readonly members: Pick<Members, "all" | "beat" | "onChange" | "get">;
  /** Who is where, and what each host has. */
  readonly board: () => Promise<Board>;
  readonly policy: () => Promise<PlacementPolicy>;
  readonly closeReplica: CloseReplica;
  /** Sees to it that an image is here, where another host has it. */
  readonly bring: (image: string, project: string) => Promise<void>;
}

/** Lets nobody write to a replica any more, here or on another host. */
export type CloseReplica = (host: string, guest: string, epoch: number) => Promise<Kept>;

export class Availability {
  readonly #parts: AvailabilityParts;
  readonly #holds: Holds;
  readonly #fences: FenceDevices;
  readonly #beat: BeatKeeper;
  readonly #refusals: Refusals;
  #arrivals: Arrivals | undefined;
  #failover: Failover | undefined;
  #atHand: AtHand | undefined;
  readonly safeguards: Safeguards;

  constructor(parts: AvailabilityParts) {
    const { all, paths, log, clock, member, startedAt } = parts;
    this.#parts = parts;
    const logFile = join(paths.logs, "fence.log");
    const onEnded = (ids: readonly string[]) => this.#ended(ids);
    this.#holds = new Holds({ fence: new Fence({ run: paths.run, logFile, log, onEnded }), log });
    this.#fences = new FenceDevices({ store: all, clock });
    this.#refusals = new Refusals({ store: all, host: member.host, fences: this.#fences });
    const onKept = (sentAt: number, lasts: number) => this.#kept(sentAt, lasts);
    this.#beat = new BeatKeeper({ store: all, host: member.host, startedAt, clock, log, onKept });
    this.safeguards = { holds: this.#holds, hasFenceDevice: () => this.#fences.has(member.host) };
  }

  /** `records`: this host's guests as an earlier daemon left them. Resolves once this host has its place. */
  async open(records: readonly GuestRecord[]): Promise<void> {
    const { paths } = this.#parts;
    const held = records.flatMap(({ id, ha, process }) =>
      ha && process
        ? [{ id, mark: markOf(paths, id), process: { pid: process.pid, startTime: process.startTime } }]
        : [],
    );
    await this.#holds.open(held);
    await this.#beat.open();
  }

  /** Before guests are brought back that are marked for it. */
  async begin(parts: BeginParts): Promise<void> {
    const { fleet, engine, start, members, board, policy, closeReplica, bring } = parts;
    const { all, member, clock, log, events } = this.#parts;
    const { host } = member;
    await this.#holds.keepOnly((id) => fleet.get(id) !== undefined);
    await this.#fences.answers(host);
    this.#arrivals = new Arrivals({ fleet, engine, start, atOnce: availableParallelism() });
    await this.#arrivals.open();
    this.#failover = new Failover({
      store: all,
      host,
      now: () => clock.now(),
      events,
      log,
      beatKey,
      members,
      clock,
      refuse: (lost, belongings, claim) => this.#refusals.refuse(lost, belongings, claim),
      place: async (lost, belongings) =>
        chooseHost(await board(), lost, belongings, { now: clock.now(), policy: await policy() }),
      closeReplica,
      nameOf: (id) => members.get(id)?.name ?? id,
      onBack: (id) => {
        this.#fences
          .answers(id)
          .catch((error: unknown) => log.warn({ err: error }, "a host's return is not noted"));
      },
    });
    this.#failover.open();
    const { store: own, places } = fleet.parts;
    this.#atHand = new AtHand({ all, own, layers: places.layers, host, clock, log, bring });
    this.#atHand.open();
  }

  /** Ends a guest of a host that is lost for good, of which volumes are gone on with; false: the host is not lost. */
  letGo(lost: LostHost, guest: string, addresses: LetGoParts["addresses"]): Promise<boolean> {
    const { all, member, clock, events } = this.#parts;
    const parts: LetGoParts = {
      ...{ store: all, host: member.host, events, beatKey, addresses },
      now: () => clock.now(),
      refuse: (host, belongings, claim) => this.#refusals.refuse(host, belongings, claim),
    };
    return letGoOfLost(parts, lost, guest);
  }

  /** Starts a guest of a host that is lost by what its replica has. */
  promote(
    ref: string,
    wish: Schemas["ReplicaPromote"],
    how: Pick<BeginParts, "members" | "closeReplica">,
  ): Promise<Schemas["ReplicaPromoted"]> {
    const { all, member, clock, events } = this.#parts;
    const { members, closeReplica } = how;
    const parts = {
      store: all,
      host: member.host,
      now: () => clock.now(),
      events,
      beatKey,
      fences: this.#fences,
      closeReplica,
      nameOf: (id: string) => members.get(id)?.name ?? id,
    };
    return promote(parts, ref, wish);
  }

  async close(): Promise<void> {
    this.#atHand?.close();
    this.#failover?.close();
    this.#arrivals?.close();
    await this.#beat.close({ guestsGoOn: this.#holds.any });
    this.#holds.close();
  }

  async #kept(sentAt: number, lasts: number): Promise<void> {
    const held = this.#holds.holds;
    await this.#holds.kept(sentAt, lasts);
    if (held || !this.#holds.holds) return;
    this.#arrivals
      ?.again()
      .catch((error: unknown) =>
        this.#parts.log.error({ err: error }, "what the fence had ended was not started again"),
      );
  }

  #ended(ids: readonly string[]): void {
    const { events, log } = this.#parts;
    log.error(
      { guests: ids },
      "the fence ended guests: this host's place in the cluster was not kept in time",
    );
    events.append({
      kind: "host.fenced",
      message: `This host lost its place in the cluster for a while; its fence ended ${ids.join(", ")}`,
    });
  }
}
