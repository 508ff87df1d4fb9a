/**
 * Ends a guest: asks it to shut down, by its agent and by the ACPI power button, and waits; or switches it
 * off at once. Restarting is this and a start.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { withTimeout } from "#base/deadline";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { haltingAilments } from "./ailment.ts";
import { diskFault, goOn, stuckStatus } from "./disk-fault.ts";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { guestById, toGuest } from "./record.ts";

export interface StopInput {
  readonly guest: string;
  readonly force: boolean;
  /** Seconds. */
  readonly timeout: number;
}

interface State {
  readonly shown: Guest;
}

/** Milliseconds for the agent to take the order. */
const agentLimit = 3000;

export function defineStop({ fleet }: { readonly fleet: Fleet }) {
  return defineOperation<StopInput, State, { guest: Guest }>({
    kind: "guest.stop",
    steps: [
      {
        name: "stop",
        commitPoint: true,
        do: (context) => stopGuest(fleet, context),
        async undo({ input }) {
          const live = fleet.get(input.guest);
          if (!live) return;
          const status = await live.status().catch(() => "gone");
          if (status !== "gone") await fleet.become(input.guest, status === "running" ? "running" : "paused");
        },
      },
    ],
    result: ({ state }) => ({ guest: state.shown! }),
  });
}

/** What has ended has ended: there is no way back from then on, and from before a switch-off. */
async function stopGuest(
  fleet: Fleet,
  { input, signal, progress, commit }: StepContext<StopInput, State>,
): Promise<State> {
  const { store } = fleet.parts;
  const live = fleet.get(input.guest);
  if (live) {
    const record = await guestById(store, input.guest);
    if (input.force) await commit();
    await fleet.become(input.guest, "stopping");
    if (input.force) {
      await live.kill();
      await fleet.parts.cells?.release(input.guest);
    } else {
      progress({ message: `waiting up to ${input.timeout} s for ${record.name} to shut down` });
      await shutDown(live, record.name, input.timeout, signal);
    }
    await fleet.settled(input.guest);
  }
  await commit();
  return { shown: toGuest(await guestById(store, input.guest)) };
}

/**
 * Ends only with why it stands still: a guest writes as it shuts down, and what cannot be written halts it.
 * @throws LodgeError guest.no_space, guest.disk_failed
 */
async function standstill(live: LiveGuest, name: string, signal: AbortSignal): Promise<never> {
  const halted = ({ event }: { readonly event: string }) => event === "STOP" && live.stuck !== undefined;
  const never = () => new Promise<never>(() => undefined);
  for (;;) {
    const fault = live.stuck && (await diskFault(live.monitor, name).catch(never));
    if (fault) throw fault;
    // Its end is told by others.
    await live.monitor.nextEvent(halted, signal).catch(never);
  }
}

/** @throws LodgeError guest.stop_timeout, guest.no_space, guest.disk_failed; the signal's reason. */
export async function shutDown(
  live: LiveGuest,
  name: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  if (["paused", stuckStatus].includes(await live.status())) await goOn(live, name);
  // No agent, or none that answers yet or can: the power button, which every operating system knows.
  await live.inside
    .shutdown({ timeout: agentLimit, signal })
    .catch(() => live.monitor.execute("system_powerdown").catch(() => undefined));
  // Called off while it was asked: no event tells of that any more.
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const over = new AbortController();
  try {
    const end = Promise.race([live.ended, aborted, standstill(live, name, over.signal)]);
    await withTimeout(end, seconds * 1000);
  } catch (error) {
    if (signal.aborted || hasCode(error, ...haltingAilments)) throw error;
    throw new LodgeError("guest.stop_timeout", { guest: name, seconds });
  } finally {
    over.abort();
  }
}
