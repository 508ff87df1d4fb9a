/**
 * Before the host's kernel would kill any guest, in this order: the memory goes that is kept for forks to come; guests
 * with a balloon leave what they keep of their files; guests are suspended to disk. Among guests the order is that of
 * host/pressure.ts. When there is plenty again, balloons are given back.
 */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { freeSpace } from "#hypervisor/disk/space";
import { privateMemory, type HostMemory } from "#hypervisor/host/memory";
import {
  defaultPressure,
  inOrder,
  underPressure,
  type Candidate,
  type PressureSettings,
} from "../host/pressure.ts";
import type { Balloons } from "./balloon.ts";
import type { FleetParts } from "./fleet-view.ts";
import { isHeldToHost } from "./held-to-host.ts";
import { guestKey, listGuests, type GuestRecord } from "./record.ts";

export interface ReliefParts {
  readonly fleet: { readonly parts: Pick<FleetParts, "store" | "events"> };
  readonly memory: () => Promise<Pick<HostMemory, "total" | "available">>;
  /** Where suspended memory is written. */
  readonly folder: string;
  readonly suspend: (guest: string) => Promise<void>;
  /** Milliseconds since its processors last had work. */
  readonly idle: (guest: string) => number;
  /** Frees so many bytes of what no guest uses, or what there is; answers with the bytes that were freed. */
  readonly release: (bytes: number) => Promise<number>;
  readonly balloons: Pick<Balloons, "squeeze" | "relax">;
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

/** So many times what is enough: then guests get back what they left. */
const plenty = 1.5;

type Parts = Omit<ReliefParts, "clock">;

/** @returns bytes that will come back */
async function squeeze(
  { balloons, fleet, log }: Parts,
  running: readonly GuestRecord[],
  candidates: readonly Candidate[],
  wanted: number,
): Promise<number> {
  let coming = 0;
  for (const id of inOrder(candidates)) {
    if (coming >= wanted) break;
    const record = running.find((guest) => guest.id === id)!;
    const bytes = await balloons.squeeze(record);
    if (bytes === 0) continue;
    coming += bytes;
    log.warn({ guest: id, bytes }, "a guest's balloon grows: the host runs out of memory");
    const message = `${record.name} leaves ${Math.round(bytes / 2 ** 20)} MiB to the host, which runs out of memory`;
    fleet.parts.events.append({ kind: "guest.squeezed", guest: record, message });
  }
  return coming;
}

async function relax({ balloons, fleet }: Parts): Promise<void> {
  const { store, events } = fleet.parts;
  const record = await balloons.relax(
    async (id) => (await store.get(guestKey(id)))?.value as GuestRecord | undefined,
  );
  if (!record) return;
  const message = `${record.name} has all its memory again, since the host has enough`;
  events.append({ kind: "guest.relaxed", guest: record, message });
}

/** Once; does nothing where there is enough. */
export async function relieve(parts: Parts): Promise<void> {
  const { memory: look, folder, release, log } = parts;
  const { store } = parts.fleet.parts;
  const { total, available: before } = await look();
  const settings = defaultPressure(total);
  if (before >= plenty * settings.high) return relax(parts);
  if (before >= settings.low) return;
  const freed = await release(settings.high - before);
  if (freed > 0)
    log.warn({ freed, available: before }, "templates were evicted: the host runs out of memory");
  const { available } = await look();
  if (available >= settings.low) return;
  const running = (await listGuests(store)).filter(({ state }) => state === "running" || state === "paused");
  const candidates = await Promise.all(
    running.map(async ({ id, labels, memory, origin, process }): Promise<Candidate> => ({
      id,
      labels,
      memory,
      how: origin.how === "boot" ? "boot" : "fork",
      held: process ? await privateMemory(process.pid).catch(() => 0) : 0,
      idle: parts.idle(id),
    })),
  );
  const squeezed = await squeeze(parts, running, candidates, settings.high - available);
  // It takes a guest a moment; at the next look it has come, or was not enough.
  if (squeezed > 0 && available >= settings.low / 2) return;
  const suspendable = candidates.filter(({ id }) => !isHeldToHost(running.find((guest) => guest.id === id)!));
  await suspendSome(parts, running, suspendable, { available, diskFree: await freeSpace(folder), settings });
}

/** One that cannot be suspended now, whatever it does to be so, is no way out for the others: the next takes its place. */
async function suspendSome(
  { suspend, log, fleet }: Parts,
  running: readonly GuestRecord[],
  candidates: readonly Candidate[],
  { settings, ...host }: Parameters<typeof underPressure>[0] & { readonly settings: PressureSettings },
): Promise<void> {
  const tried = new Map<string, "suspended" | "failed">();
  for (;;) {
    const possible = candidates.filter(({ id }) => tried.get(id) !== "failed");
    const next = underPressure(host, possible, settings).find((id) => !tried.has(id));
    const record = running.find(({ id }) => id === next);
    if (!record) return;
    const { id, name } = record;
    log.warn({ guest: id, available: host.available }, "suspending a guest: the host runs out of memory");
    try {
      await suspend(id);
      tried.set(id, "suspended");
      const message = `${name} is suspended to disk, since the host runs out of memory`;
      fleet.parts.events.append({ kind: "guest.relieved", guest: record, message });
    } catch (error) {
      tried.set(id, "failed");
      log.warn({ err: error, guest: id }, "a guest cannot be suspended: another one is");
    }
  }
}
