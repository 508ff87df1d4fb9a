/**
 * Brings back the guests that are marked for it, in their order: those of one number together, but no more at
 * a time than the host has processors, and each one waited for before the next number begins.
 *
 *   marked ──► started ──► its agent answers, or the time for that is over ──► next number
 *                 └── fails: it stays at rest, which an event says, and the others go on
 *
 * The marks are in the records: where the daemon ends meanwhile, the next one goes on.
 */
import { asLodgeError, type Problem } from "#contract/errors";
import { counted } from "#base/counted";
import { Semaphore } from "#base/queue";
import type { OperationEngine } from "#durable/operation/engine";
import type { Fleet } from "./fleet.ts";
import { guestTarget, listGuests, type GuestRecord } from "./record.ts";
import { unmark } from "./return-mark.ts";
import { startGroups } from "./return-plan.ts";
import type { defineStart } from "./start.ts";

export interface BringBackParts {
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "start">;
  readonly start: ReturnType<typeof defineStart>;
  /** Of the host. */
  readonly processors: number;
}

/** Milliseconds that a guest's agent has to answer: several times what a boot takes without KVM. */
const answerLimit = 120_000;

/** Resolves when all that can be brought back is; ends early when aborted. */
export async function bringBack(parts: BringBackParts, signal: AbortSignal): Promise<void> {
  const { store, events } = parts.fleet.parts;
  const marked = (await listGuests(store)).filter(({ comesBack }) => comesBack !== undefined);
  const resting = marked.filter(({ id }) => !parts.fleet.get(id));
  for (const { id } of marked) if (parts.fleet.get(id)) await unmark(parts.fleet, id);
  if (resting.length === 0) return;
  const groups = startGroups(resting);
  const names = groups.flat().map(({ name }) => name);
  const message = `${counted(resting.length, "guest comes", "guests come")} back: ${names.join(", ")}`;
  events.append({ kind: "host.guests_return", message });
  const places = new Semaphore(parts.processors);
  for (const group of groups) {
    await Promise.all(group.map((record) => places.run(() => bringOneBack(parts, record, signal))));
    if (signal.aborted) return;
  }
}

async function bringOneBack(parts: BringBackParts, record: GuestRecord, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { fleet, engine, start } = parts;
  const { id, name } = record;
  const paused = record.comesBack === "paused" && record.suspendFile !== undefined;
  const failed = ({ message }: Pick<Problem, "message">) =>
    fleet.parts.events.append({
      kind: "guest.not_back",
      guest: record,
      message: `${name} is not back: ${message}`,
    });
  try {
    const input = { guest: id, ...(paused ? { paused } : {}) };
    const { completion } = await engine.start(start, input, {
      targets: [guestTarget(id)],
      project: record.project,
    });
    const { status, error } = await completion;
    if (status !== "succeeded") {
      // Else each start of the daemon would try again what somebody has to look at.
      await unmark(fleet, id);
      return failed(error ?? { message: status });
    }
    if (!paused) await answers(fleet, record, signal);
    fleet.parts.events.append({ kind: "guest.back", guest: record, message: `${name} is back` });
  } catch (error) {
    if (!signal.aborted) failed(asLodgeError(error));
  }
}

/** Whichever agent it has. @throws LodgeError agent.unreachable when the time is over; returns when the guest ends. */
async function answers(fleet: Fleet, { id }: GuestRecord, signal: AbortSignal): Promise<void> {
  const live = fleet.get(id);
  if (live) await Promise.race([live.inside.answer({ timeout: answerLimit, signal }), live.ended]);
}
