/**
 * Puts the guests to rest, one number after another, within a time that they share:
 *
 *   suspend ──fails, or its part of the time is over──► stop ──likewise──► switched off
 *
 * Each number's guests get an equal part of what is left; what they do not use is for those that follow.
 */
import { Semaphore } from "#base/queue";
import type { OperationDefinition } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { Fleet } from "./fleet.ts";
import { guestById, guestTarget } from "./record.ts";
import type { Resting } from "./rest-plan.ts";
import type { defineStop } from "./stop.ts";
import type { defineSuspend } from "./suspend.ts";

export interface RestParts {
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "start" | "cancel">;
  readonly stop: ReturnType<typeof defineStop>;
  readonly suspend: ReturnType<typeof defineSuspend>;
  /** Of the host: so many guests' memory is saved at a time. */
  readonly processors: number;
}

/** The part of its time that a guest may take to be suspended; the rest is there to stop it. */
const suspendShare = 0.6;

/** Milliseconds that it may take to let a guest go on which was to be suspended. */
const undoLimit = 5000;

/**
 * @param deadline on the clock that never goes backwards, in milliseconds
 * @throws the signal's reason when aborted: who is not yet at rest goes on
 */
export async function putToRest(
  parts: RestParts,
  groups: readonly (readonly Resting[])[],
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = parts.fleet.parts;
  const saving = new Semaphore(parts.processors);
  for (const [at, group] of groups.entries()) {
    const now = clock.monotonic();
    const until = now + Math.max(0, deadline - now) / (groups.length - at);
    const share: Share = { until, saving, signal };
    const results = await Promise.allSettled(group.map((guest) => restOne(parts, guest, share)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}

interface Share {
  readonly until: number;
  readonly saving: Semaphore;
  readonly signal: AbortSignal;
}

async function restOne(parts: RestParts, guest: Resting, { until, saving, signal }: Share): Promise<void> {
  const { fleet, stop, suspend } = parts;
  const { clock, events } = fleet.parts;
  const input = { guest: guest.id };
  const left = () => Math.max(0, until - clock.monotonic());
  if (guest.how === "suspend") {
    const limit = clock.monotonic() + left() * suspendShare;
    await saving.run(() => attempt(parts, suspend, input, limit, signal));
    if (fleet.get(guest.id)) {
      const message = `${guest.name} could not be suspended in time and is stopped`;
      events.append({ kind: "guest.not_suspended", guest, message });
    }
  }
  const seconds = Math.ceil(left() / 1000);
  if (fleet.get(guest.id) && seconds > 0)
    await attempt(parts, stop, { ...input, force: false, timeout: seconds }, until, signal);
  const live = fleet.get(guest.id);
  if (!live) return;
  events.append({
    kind: "guest.switched_off",
    guest,
    message: `${guest.name} did not end in time and is switched off`,
  });
  await fleet.become(guest.id, "stopping").catch(() => undefined);
  await live.kill();
  await fleet.settled(guest.id);
}

/**
 * Runs the operation, behind whatever the guest is busy with, and takes it back when the time is over.
 *
 * @throws the signal's reason when aborted, with the operation taken back
 */
async function attempt<Input, State extends object, Result>(
  { engine, fleet }: RestParts,
  definition: OperationDefinition<Input, State, Result>,
  input: Input & { readonly guest: string },
  until: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { clock, log } = fleet.parts;
  const left = until - clock.monotonic();
  if (left <= 0) return;
  const { operation, completion } = await engine.start(definition, input, {
    targets: [guestTarget(input.guest)],
    project: (await guestById(fleet.parts.store, input.guest)).project,
  });
  const over = new AbortController();
  const late = clock.sleep(left, AbortSignal.any([over.signal, signal])).catch(() => undefined);
  const ended = await Promise.race([completion, late]);
  over.abort();
  if (ended) return;
  await engine.cancel(operation.id).catch((error: unknown) => {
    log.warn({ err: error, guest: input.guest }, "it is too late to take this back");
  });
  // A QEMU that does not even answer to that is about to be ended.
  await Promise.race([completion, clock.sleep(undoLimit)]);
  signal.throwIfAborted();
}
