/**
 * Has a guest's agent freeze its file systems while its disks are made immutable, so that what is on them is
 * whole. The guest's writers stand still meanwhile, hence it is short, and ends in any case: the work is over;
 * it fails; or the agent thaws by itself, which Lodge's does after some seconds also where the daemon has died.
 * (QEMU's agent cannot: the next daemon has it thaw, see take.ts.)
 */
import { asLodgeError, LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { LiveGuest } from "../live.ts";

/** Milliseconds for the guest to write what it has in memory, before it is frozen. */
const syncLimit = 10_000;
/** Milliseconds for the agent to freeze. */
const freezeLimit = 5000;
/** Seconds after which Lodge's agent thaws by itself. */
const longest = 20;
/** Milliseconds for the agent to thaw. */
const thawLimit = 10_000;

export type Freeze = "auto" | "always" | "never";

export interface Quieted {
  readonly consistency: "agent" | "crash";
  /** Milliseconds for which writing was held up. */
  readonly pause: number;
  /** Why the file systems were not frozen, where they were to be. */
  readonly warning?: string;
}

export interface QuietParts {
  readonly live: Pick<LiveGuest, "id" | "inside" | "attend">;
  /** The guest's name. */
  readonly guest: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** @throws LodgeError agent.*, where the guest must be frozen and is not; what `work` throws. */
export async function whileQuiet(
  parts: QuietParts,
  wanted: Freeze,
  work: () => Promise<void>,
): Promise<Quieted> {
  const { clock } = parts;
  if (wanted === "never") return { consistency: "crash", pause: await timed(clock, work) };
  const start = await beginFreeze(parts);
  const quiet = frozenMeanwhile(parts, wanted, work, start);
  // While its writers stand still it goes before other guests: the agent's part of that is most of it.
  parts.live.attend(quiet);
  return quiet;
}

async function frozenMeanwhile(
  parts: QuietParts,
  wanted: Exclude<Freeze, "never">,
  work: () => Promise<void>,
  start: number,
): Promise<Quieted> {
  const { clock, signal } = parts;
  let frozen: number;
  try {
    frozen = await parts.live.inside.freeze(longest, { timeout: freezeLimit, signal });
  } catch (error) {
    // It may be about to.
    await thaw(parts);
    signal.throwIfAborted();
    if (wanted === "always") throw error;
    const { message, code } = asLodgeError(error);
    const warning = code === "agent.absent" ? {} : { warning: message };
    return { consistency: "crash", pause: await timed(clock, work), ...warning };
  }
  let thawed = 0;
  try {
    await work();
  } finally {
    thawed = await thaw(parts);
  }
  const whole = frozen > 0 && thawed >= frozen;
  if (!whole && wanted === "always") throw notFrozen(parts.guest, frozen);
  return { consistency: whole ? "agent" : "crash", pause: clock.monotonic() - start };
}

const notFrozen = (guest: string, frozen: number): LodgeError =>
  new LodgeError("agent.freeze_failed", {
    guest,
    reason: frozen === 0 ? "no file system is on a disk of it" : "they thawed too early",
  });

/** What can be written before is not waited for while nothing can be written. */
async function beginFreeze({ live, clock, signal }: QuietParts): Promise<number> {
  await live.inside.run(["sync"], { timeout: syncLimit, signal }).catch(() => signal.throwIfAborted());
  return clock.monotonic();
}

async function timed(clock: Clock, work: () => Promise<void>): Promise<number> {
  const start = clock.monotonic();
  await work();
  return clock.monotonic() - start;
}

/** Idempotent. Returns how many were frozen until now; none where the agent does not answer. */
export async function thaw({ live, log }: Pick<QuietParts, "live" | "log">): Promise<number> {
  try {
    return await live.inside.thaw({ timeout: thawLimit });
  } catch (error) {
    log.warn({ err: error, guest: live.id }, "a guest's file systems could not be thawed");
    return 0;
  }
}
