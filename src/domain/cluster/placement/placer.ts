/**
 * Says where a guest goes. It decides nothing for good: the host that is chosen lets the guest in or not, and whoever asked
 * asks again without that one (placing.ts).
 */
import { LodgeError } from "#contract/errors";
import type {
  HostTraits,
  HostTraitsUpdate,
  PlacementDecision,
  PlacementSettings,
  PlacementSettingsUpdate,
  PlannedRebalance,
  RebalancePlan,
  ReserveCheck,
} from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { memberKey, type MemberRecord } from "#domain/member/record";
import type { Demand } from "#domain/host/demand";
import type { Board } from "#domain/host/placement/board";
import { heldThere, type PlannedMove } from "#domain/host/placement/moves";
import { explain, place, type Decision } from "#domain/host/placement/place";
import { keptFor, KeptReserve, placeKeeping, type Newcomer } from "#domain/host/placement/keep-reserve";
import { planRebalance, type RebalancePlan as Plan } from "#domain/host/placement/rebalance";
import { checkReserve } from "#domain/host/placement/reserve";
import type { Wish } from "#domain/host/placement/wish";
import { plannedRebalance } from "../rebalance/record.ts";
import type { Boards } from "./boards.ts";
import { isBoundHere, newWish } from "./new-wish.ts";
import { changePlacementSettings, placementSettings } from "./settings.ts";

type Body = Schemas["GuestCreate"];

export interface PlacerParts {
  /** This host's, in which what all share is written. */
  readonly store: Store;
  /** What there is on any host. */
  readonly whole: ReadStore;
  readonly boards: Boards;
  /** This host's id. */
  readonly host: string;
  readonly clock: Pick<Clock, "now">;
}

/** Hosts that have refused a guest just now, and why. */
export type Refusals = ReadonlyMap<string, string>;

const none: Refusals = new Map();

/** Whether there is memory at this moment is asked by others. */
const atOnce = { fork: 0, boot: 0 } as const;

/** As many hosts as are named where all refuse. */
const mostNamed = 5;

export class Placer {
  readonly #parts: PlacerParts;

  constructor(parts: PlacerParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError image.not_found, network.not_found */
  async explain(body: Body, project: string): Promise<PlacementDecision> {
    const { wish, board, policy, reserve } = await this.#asked(body, project);
    const { asking } = placeKeeping(board, wish, { now: this.#parts.clock.now(), policy }, reserve);
    const decision = explain(board, wish, asking);
    const [best] = decision.ranking;
    return {
      ...(best ? { host: best.host, name: best.name } : {}),
      policy: wish.placement.policy ?? policy,
      ranking: decision.ranking.map((one) => ({ ...one, scores: [...one.scores] })),
      refusals: decision.refusals.map((one) => ({ ...one, reasons: [...one.reasons] })),
    };
  }

  /** The id of the host that is to make it. @throws LodgeError placement.no_host, image.not_found, network.not_found */
  async choose(body: Body, project: string, refused: Refusals = none): Promise<string> {
    const { wish, board, policy, reserve } = await this.#asked(body, project);
    const now = { now: this.#parts.clock.now(), policy, refused };
    const { best, asking } = placeKeeping(board, wish, now, reserve);
    if (best) return best.host;
    throw noHost(wish, explain(board, wish, asking));
  }

  /** The ids of all hosts that could make it, the best first. @throws LodgeError placement.no_host, image.not_found, network.not_found */
  async rank(body: Body, project: string, refused: Refusals = none): Promise<string[]> {
    const { wish, board, policy, reserve } = await this.#asked(body, project);
    const { asking } = placeKeeping(board, wish, { now: this.#parts.clock.now(), policy, refused }, reserve);
    const decision = explain(board, wish, asking);
    if (decision.ranking.length === 0) throw noHost(wish, decision);
    return decision.ranking.map(({ host }) => host);
  }

  /** The id of another host that a guest of this one goes to. @throws LodgeError placement.no_host */
  async chooseOther(guest: string): Promise<string> {
    const { boards, clock, host } = this.#parts;
    const [board, { policy }] = await Promise.all([boards.current(), this.settings()]);
    const resident = [...board.on(host)].find(({ id }) => id === guest);
    if (!resident) throw new LodgeError("guest.not_found", { guest });
    const refused = new Map([[host, "it is there already"]]);
    const asking = { now: clock.now(), policy, refused };
    const { best } = place(board, resident, asking);
    if (best) return best.host;
    throw noHost(resident, explain(board, resident, asking));
  }

  settings(): Promise<PlacementSettings> {
    return placementSettings(this.#parts.store);
  }

  change(body: PlacementSettingsUpdate): Promise<PlacementSettings> {
    return changePlacementSettings(this.#parts.store, body);
  }

  /** @throws LodgeError placement.alone */
  async traits(): Promise<HostTraits> {
    const { store, host } = this.#parts;
    return traitsOf((await store.get(memberKey(host)))?.value as MemberRecord | undefined);
  }

  /** @throws LodgeError placement.alone */
  async changeTraits({ labels, taints }: HostTraitsUpdate): Promise<HostTraits> {
    const { store, host } = this.#parts;
    const changed = await update<MemberRecord>(
      store,
      memberKey(host),
      (now) => now && { ...now, ...(labels ? { labels } : {}), ...(taints ? { taints } : {}) },
    );
    return traitsOf(changed);
  }

  async rebalance(): Promise<RebalancePlan> {
    const board = await this.#parts.boards.current();
    const plan = await this.planRebalance();
    return { ...plan, moves: plan.moves.map((move) => inNames(move, board)) };
  }

  /** The same, with hosts by their ids. */
  async planRebalance(): Promise<Plan> {
    const { boards, clock } = this.#parts;
    const [board, settings] = await Promise.all([boards.current(), this.settings()]);
    const { offers, guests } = copyOf(board);
    return planRebalance(offers, guests, settings, heldThere(guests), clock.now());
  }

  /** What the policy planned last. */
  async planned(): Promise<PlannedRebalance> {
    const { boards, store } = this.#parts;
    const [board, found] = await Promise.all([boards.current(), plannedRebalance(store)]);
    if (!found) return { moves: [], before: 0, after: 0 };
    const { at, by, moves, ...spread } = found;
    return {
      at: new Date(at).toISOString(),
      by: namesOf(board)(by),
      moves: moves.map((move) => inNames(move, board)),
      ...spread,
    };
  }

  /** Of one host where none is kept in reserve: whether it would hold. */
  async reserve(): Promise<ReserveCheck> {
    const { boards, clock } = this.#parts;
    const [board, { reserve, policy }] = await Promise.all([boards.current(), this.settings()]);
    const failing = Math.max(1, reserve);
    const { offers, guests } = copyOf(board);
    const found = checkReserve(offers, guests, failing, { now: clock.now(), policy });
    const named = namesOf(board);
    const shortfalls = found.shortfalls.map((one) => ({
      hosts: one.hosts.map(named),
      guests: [...one.guests],
    }));
    return { failing, kept: reserve > 0, ...found, shortfalls };
  }

  /** Does what is to run on this host leave the reserve? @throws LodgeError placement.reserved */
  async requireReserve({ subject, project, runs, comesBack }: Demand): Promise<void> {
    const { boards, clock, host } = this.#parts;
    if (!runs || runs.memory <= 0 || comesBack) return;
    const { reserve, policy } = await this.settings();
    if (reserve === 0) return;
    const board = await boards.current();
    const kept = new KeptReserve(board, reserve, { now: clock.now(), policy });
    const lacks = kept.lacks(
      {
        name: subject,
        project,
        labels: {},
        needs: { ...runs, disk: 0 },
        atOnce,
        networks: [],
        pools: [],
        placement: {},
      },
      host,
    );
    if (!lacks) return;
    const nameOf = namesOf(board);
    throw new LodgeError("placement.reserved", {
      subject,
      host: nameOf(host),
      guests: keptFor(lacks, nameOf),
    });
  }

  async #asked(body: Body, project: string) {
    const { boards, whole, host } = this.#parts;
    const [wish, board, { policy, reserve }] = await Promise.all([
      newWish(whole, body, project),
      boards.current(),
      this.settings(),
    ]);
    const asked: Newcomer = {
      ...(isBoundHere(body) ? onlyOn(wish, board, host) : wish),
      ...(body.ha ? { highlyAvailable: true } : {}),
    };
    return { wish: asked, board, policy, reserve };
  }
}

/** What it is to be made of is a file or a folder of this host. @throws LodgeError api.invalid, where it is to be elsewhere */
function onlyOn(wish: Wish, board: Board, host: string): Wish {
  const name = board.standing(host)?.offer.name ?? host;
  const { hosts } = wish.placement;
  if (hosts && !hosts.includes(host) && !hosts.includes(name))
    throw new LodgeError("api.invalid", {
      field: "placement.hosts",
      reason: `leave out ${name}, which alone has what the guest is to be made of`,
    });
  return { ...wish, placement: { ...wish.placement, hosts: [host] } };
}

function traitsOf(member: MemberRecord | undefined): HostTraits {
  if (!member) throw new LodgeError("placement.alone");
  const { id, name, labels = {}, taints = [] } = member;
  return { host: id, name, labels, taints: [...taints] };
}

function inNames<T extends PlannedMove>(move: T, board: Board): T {
  const named = namesOf(board);
  return { ...move, from: named(move.from), to: named(move.to) };
}

const copyOf = (board: Board) => {
  const offers = [...board.standings()].map(({ offer }) => offer);
  const guests = offers.flatMap(({ host }) => [...board.on(host)]);
  return { offers, guests };
};

const namesOf =
  (board: Board) =>
  (host: string): string =>
    board.standing(host)?.offer.name ?? host;

/** @internal Exported for its test. */
export function noHost(wish: Wish, { refusals }: Decision): LodgeError {
  const told = refusals.slice(0, mostNamed).map(({ name, reasons }) => `${name} ${reasons[0]!.reason}`);
  const others = refusals.length - told.length;
  const nearest = refusals.toSorted((a, b) => a.reasons.length - b.reasons.length)[0];
  return new LodgeError("placement.no_host", {
    guest: `'${wish.name}'`,
    reasons: [...told, ...(others > 0 ? [`${others} more refuse`] : [])].join("; ") || "there is none",
    fix: nearest?.reasons[0]?.fix ?? "Let a host join, or see 'lodge doctor'.",
  });
}
