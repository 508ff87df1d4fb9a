/**
 * Before the host's kernel would kill any guest: first the memory goes that is kept for forks to come, then
 * guests are suspended to disk, in the order of host/pressure.ts.
 */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { freeSpace } from "#hypervisor/disk/space";
import { privateMemory, type HostMemory } from "#hypervisor/host/memory";
import { defaultPressure, underPressure, type Candidate } from "../host/pressure.ts";
import type { FleetParts } from "./fleet-view.ts";
import { listGuests } from "./record.ts";

export interface ReliefParts {
  readonly fleet: { readonly parts: Pick<FleetParts, "store" | "events"> };
  readonly memory: () => Promise<Pick<HostMemory, "total" | "available">>;
  /** Where suspended memory is written. */
  readonly folder: string;
  readonly suspend: (guest: string) => Promise<void>;
  /** Frees so many bytes of what no guest uses, or what there is; answers with the bytes that were freed. */
  readonly release: (bytes: number) => Promise<number>;
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

/** Once; does nothing where there is enough. */
export async function relieve(parts: Omit<ReliefParts, "clock">): Promise<void> {
  const { fleet, memory: look, folder, suspend, release, log } = parts;
  const { total, available: before } = await look();
  const settings = defaultPressure(total);
  if (before >= settings.low) return;
  const freed = await release(settings.high - before);
  if (freed > 0)
    log.warn({ freed, available: before }, "templates were evicted: the host runs out of memory");
  const { available } = await look();
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
