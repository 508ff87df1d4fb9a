/** Wires the emptying of this host, and the way back of what others emptied on it. */
import { hasEnded, type Operation } from "#contract/operation";
import { asLodgeError, LodgeError } from "#contract/errors";
import type { PlacementPolicy } from "#contract/schema/placement";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { together } from "#base/together";
import type { OperationRegistry } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import { defineDrain } from "#domain/cluster/drain/drain";
import { Drains } from "#domain/cluster/drain/drains";
import { defineResume } from "#domain/cluster/drain/resume";
import { Returns } from "#domain/cluster/drain/returns";
import type { EventLog } from "#domain/host/events";
import type { Board } from "#domain/host/placement/board";
import { defaultDrainLimits, planDrain, type DrainMove, type DrainPlan } from "#domain/host/placement/drain";
import type { Blocker } from "#domain/host/placement/moves";
import type { Members } from "#domain/member/members";

/** How guests of this host go to others. */
export interface MovesFromHere {
  begin(guest: string, body: { readonly to: string }): Promise<Operation>;
  check(
    guest: string,
    body: { readonly to: string },
    signal: AbortSignal,
  ): Promise<{ readonly blockers: readonly Blocker[] }>;
}

export interface EvacuationParts {
  /** What all share. */
  readonly store: Store;
  /** This host's id. */
  readonly host: string;
  readonly engine: OperationEngine;
  readonly registry: OperationRegistry;
  readonly moves: MovesFromHere;
  readonly board: () => Promise<Board>;
  readonly policy: () => Promise<PlacementPolicy>;
  readonly members: () => Pick<Members, "get"> | undefined;
  /** Ids of the hosts that have a guest. */
  readonly hostsOf: (guest: string) => readonly string[];
  readonly events: EventLog;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Evacuation {
  readonly drains: Drains;
  readonly returns: Returns;
}

/** Milliseconds that other hosts have to say what stands in the way of a guest. */
const patience = 20_000;

export function wireEvacuation(parts: EvacuationParts): Evacuation {
  const { store, host, engine, registry, clock, events, log, hostsOf } = parts;
  const move = (guest: string, to: string, signal: AbortSignal) => moveOne(parts, guest, to, signal);
  const plan = ({ asked }: { readonly asked: boolean }) => planWithMoves(parts, asked);
  const limits = () => defaultDrainLimits;
  const drain = defineDrain({ store, host, now: () => clock.now(), plan, move, limits });
  const isElsewhere = (guest: string) => hostsOf(guest).some((one) => one !== host);
  const resume = defineResume({ store, host, isElsewhere });
  registry.add(drain as never, resume as never);
  const nameOf = (id: string) => parts.members()?.get(id)?.name ?? id;
  return {
    drains: new Drains({ host, plan, nameOf, engine, drain, resume }),
    returns: new Returns({
      store,
      host,
      isHere: (guest) => hostsOf(guest).includes(host),
      move,
      atOnce: defaultDrainLimits.perTarget,
      events,
      clock,
      log,
    }),
  };
}

/** Resolves once the guest is there. @throws LodgeError what the move failed with; the signal's reason */
async function moveOne(
  { moves, engine }: EvacuationParts,
  guest: string,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  let operation = await moves.begin(guest, { to });
  const stop = () => void engine.cancel(operation.id).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    while (!hasEnded(operation)) operation = await engine.wait(operation.id, signal, operation.sequence);
  } finally {
    signal.removeEventListener("abort", stop);
  }
  const { status, error } = operation;
  if (status !== "succeeded")
    throw error ? LodgeError.fromProblem(error) : new LodgeError("operation.cancelled", {});
}

/** The plan by placement; `asked`: less what the hosts themselves say cannot come. */
async function planWithMoves(
  { board, policy, host, clock, moves }: EvacuationParts,
  asked: boolean,
): Promise<DrainPlan> {
  const now = await board();
  const offers = [...now.standings()].map(({ offer }) => offer);
  const guests = offers.flatMap((offer) => [...now.on(offer.host)]);
  const asking = { now: clock.now(), policy: await policy() };
  const signal = AbortSignal.timeout(patience);
  const found = new Map<string, Blocker>();
  for (;;) {
    const plan = planDrain(host, offers, guests, found, asking);
    if (!asked) return plan;
    const blocked = await together(plan.moves.map((move) => lookAt(moves, move, signal)));
    const more = blocked.flatMap((one) => one ?? []);
    if (more.length === 0) return plan;
    for (const { guest, blocker } of more) found.set(guest, blocker);
  }
}

async function lookAt(moves: MovesFromHere, { guest, to }: DrainMove, signal: AbortSignal) {
  try {
    const { blockers } = await moves.check(guest, { to }, signal);
    const [blocker] = blockers;
    return blocker && { guest, blocker };
  } catch (error) {
    const { message: reason, hint: fix } = asLodgeError(error);
    return { guest, blocker: { reason, fix } };
  }
}
