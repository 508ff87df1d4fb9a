/** Suspends guests to disk before the host's kernel would kill any: see host/pressure.ts for the order. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { freeSpace } from "#hypervisor/disk/space";
import { privateMemory, readMemory } from "#hypervisor/host/memory";
import { defaultPressure, underPressure, type Candidate } from "../host/pressure.ts";
import type { Fleet } from "./fleet.ts";
import { listGuests } from "./record.ts";

export interface ReliefParts {
  readonly fleet: Fleet;
  /** Where suspended memory is written. */
  readonly folder: string;
  readonly suspend: (guest: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks at the host's memory. */
const every = 2000;

/** Looks at the host's memory until aborted. */
export function watchMemory(parts: ReliefParts): AbortController {
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      await parts.clock.sleep(every, stop.signal).catch(() => undefined);
      if (!stop.signal.aborted)
        await relieve(parts).catch((error: unknown) =>
          parts.log.warn({ err: error }, "memory was not relieved"),
        );
    }
  })();
  return stop;
}

async function relieve({ fleet, folder, suspend, log }: ReliefParts): Promise<void> {
  const { total, available } = await readMemory();
  const settings = defaultPressure(total);
  if (available >= settings.low) return;
  const running = (await listGuests(fleet.parts.store)).filter(
    ({ state }) => state === "running" || state === "paused",
  );
  const candidates = await Promise.all(
    running.map(async ({ id, labels, memory, origin, process }): Promise<Candidate> => ({
      id,
      labels,
      memory,
      how: origin.how === "boot" ? "boot" : "fork",
      held: process ? await privateMemory(process.pid).catch(() => 0) : 0,
      idle: 0,
    })),
  );
  const chosen = underPressure({ available, diskFree: await freeSpace(folder) }, candidates, settings);
  for (const id of chosen) {
    const record = running.find((guest) => guest.id === id)!;
    log.warn({ guest: id, available }, "suspending a guest: the host runs out of memory");
    fleet.parts.events.append({
      kind: "guest.relieved",
      guest: record,
      message: `${record.name} is suspended to disk, since the host runs out of memory`,
    });
    await suspend(id);
  }
}
