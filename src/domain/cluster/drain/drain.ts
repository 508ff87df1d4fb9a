/**
 * Empties this host: plans where each guest goes before anything moves, then moves them, some at a time.
 *
 *   plan ──► mark: it takes no more guests ──► move ──► plan again, until nothing is left that can go
 *     │ a guest cannot go: nothing happens,       │ cancelled: it takes guests again; those that went stay where they are
 *     │ but where that is asked for               │ the daemon ends: the next one goes on
 *
 * Resuming is resume.ts.
 */
import { LodgeError } from "#contract/errors";
import { counted } from "#base/counted";
import { Semaphore } from "#base/queue";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { DrainLimits, DrainMove, DrainPlan, StuckGuest } from "../../host/placement/drain.ts";
import { memberKey, type MemberRecord } from "../../member/record.ts";
import { drainKey, drainOf, type DrainRecord } from "./record.ts";

export interface DrainInput {
  /** Also where some guests cannot go: those stay. */
  readonly partly: boolean;
}

interface State {
  readonly stuck: readonly StuckGuest[];
}

export interface DrainResult {
  readonly moved: readonly string[];
  readonly stuck: readonly StuckGuest[];
}

export interface DrainParts {
  /** What all share. */
  readonly store: Store;
  /** This host's id. */
  readonly host: string;
  readonly now: () => number;
  /** Where its guests would go, as things are now. `asked`: each target says what stands in the way; otherwise the moves find out. */
  readonly plan: (how: { readonly asked: boolean }) => Promise<DrainPlan>;
  /** Moves a guest; resolves once it is there. @throws LodgeError what is in the way */
  readonly move: (guest: string, to: string, signal: AbortSignal) => Promise<void>;
  readonly limits: () => DrainLimits;
}

/** Rounds in which nothing went anywhere, after which what is left is said to be stuck. */
const patience = 2;

export function defineDrain(parts: DrainParts) {
  const { store, host } = parts;
  return defineOperation<DrainInput, State, DrainResult>({
    kind: "host.drain",
    resume: "forward",
    steps: [
      {
        name: "plan",
        async do({ input }) {
          const { stuck } = await parts.plan({ asked: true });
          if (stuck.length > 0 && !input.partly) throw cannot(stuck);
          return { stuck };
        },
      },
      {
        name: "mark",
        async do() {
          await setState(store, host, "draining");
          const value: DrainRecord = { since: parts.now(), moved: [] };
          await update<DrainRecord>(store, drainKey(host), (now) => now ?? value);
        },
        undo: () => setState(store, host, "active"),
      },
      { name: "move", do: (context) => moveAll(parts, context) },
    ],
    result: ({ state }) => ({ moved: [], stuck: state.stuck ?? [] }),
  });
}

/** @throws LodgeError cluster.host_not_found */
export async function setState(store: Store, host: string, state: MemberRecord["state"]): Promise<void> {
  const changed = await update<MemberRecord>(store, memberKey(host), (now) =>
    now && now.state !== state ? { ...now, state } : now,
  );
  if (!changed) throw new LodgeError("cluster.host_not_found", { host });
}

const cannot = (stuck: readonly StuckGuest[]): LodgeError =>
  new LodgeError(
    "drain.stuck",
    { guests: stuck.map(({ name }) => name).join(", ") },
    { detail: stuck.map(({ name, reason, fix }) => `${name}: ${reason}. ${fix}`).join("\n") },
  );

async function moveAll(parts: DrainParts, context: StepContext<DrainInput, State>): Promise<State> {
  const { signal, progress, state } = context;
  const failed = new Map<string, StuckGuest>();
  let done = (await drainOf(parts.store, parts.host))?.moved.length ?? 0;
  for (let idle = 0; ;) {
    signal.throwIfAborted();
    // Each move asks its target once more: that all can go was heard a moment ago.
    const plan = await parts.plan({ asked: failed.size > 0 || (state.stuck ?? []).length > 0 });
    if (plan.moves.length === 0) return { stuck: plan.stuck };
    const all = done + plan.moves.length;
    const before = done;
    await inRounds(parts, plan.moves, signal, async (move) => {
      try {
        await parts.move(move.guest, move.to, signal);
        await noteMoved(parts, move);
        failed.delete(move.guest);
        done++;
      } catch (error) {
        signal.throwIfAborted();
        failed.set(move.guest, stuckBy(move, error));
      }
      progress({ fraction: done / all, message: `${done} of ${counted(all, "guest")} moved` });
    });
    idle = done > before ? 0 : idle + 1;
    if (idle >= patience) return { stuck: [...plan.stuck, ...failed.values()] };
  }
}

/** As many at once as the limits say, the plan's rounds in their order: a guest follows the company that it needs. */
async function inRounds(
  { limits }: DrainParts,
  moves: readonly DrainMove[],
  signal: AbortSignal,
  work: (move: DrainMove) => Promise<void>,
): Promise<void> {
  const { parallel, perTarget } = limits();
  const all = new Semaphore(parallel);
  const to = new Map<string, Semaphore>();
  const begun = moves
    .toSorted((a, b) => a.round - b.round)
    .map((move) => {
      const target = to.get(move.to) ?? new Semaphore(perTarget);
      to.set(move.to, target);
      return target.run(() =>
        all.run(async () => {
          if (!signal.aborted) await work(move);
        }),
      );
    });
  await Promise.all(begun);
  signal.throwIfAborted();
}

const stuckBy = ({ guest, name }: DrainMove, error: unknown): StuckGuest => {
  const { message: reason, hint: fix } =
    error instanceof LodgeError ? error : new LodgeError("api.internal", {});
  return { guest, name, reason, fix };
};

const noteMoved = ({ store, host }: DrainParts, { guest, name }: DrainMove): Promise<unknown> =>
  update<DrainRecord>(store, drainKey(host), (now) =>
    now && !now.moved.some((one) => one.guest === guest)
      ? { ...now, moved: [...now.moved, { guest, name }] }
      : now,
  );
