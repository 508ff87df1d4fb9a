/**
 * May one more guest have its memory? A pure decision, so that it can be explained and tested.
 *
 *   what the host can give = what the kernel says is available
 *                          − what running guests were promised and have not taken yet
 *                          − a reserve for the host itself
 *
 * A booted guest is promised all of its memory. A fork shares its template's pages (which are resident
 * already and so are no longer "available": they count once, by themselves) and is promised a share of its
 * memory for the pages it will write: a quarter by default. Forks of the default image copy 10 to 18 % in
 * their first minutes of ordinary work, so a quarter leaves half as much again. That is over-commit: what
 * happens when forks together want more than they were promised is said in pressure.ts.
 */
import { LodgeError } from "#contract/errors";

const mebibyte = 1024 * 1024;

export interface MemorySettings {
  /** Bytes that guests never get. */
  readonly hostReserve: number;
  /** Part of a fork's memory that is kept for the pages it copies, from 0 to 1. */
  readonly forkShare: number;
  /** Bytes that QEMU takes besides the guest's memory; under TCG most of it is translated code. */
  readonly overhead: { readonly kvm: number; readonly tcg: number };
}

/** The default for a host of this size: 5 % of it, but between 256 MiB and 4 GiB, is the host's own. */
export const defaultMemorySettings = (total: number): MemorySettings => ({
  hostReserve: Math.min(Math.max(total * 0.05, 256 * mebibyte), 4096 * mebibyte),
  forkShare: 0.25,
  overhead: { kvm: 100 * mebibyte, tcg: 300 * mebibyte },
});

/** What decides how much a guest is promised. */
export interface Demand {
  readonly memory: number;
  readonly how: "boot" | "fork";
  readonly accelerator: "kvm" | "tcg";
}

/** Bytes a guest is promised. A fork translates little code of its own, so its overhead is shared likewise. */
export function promise(demand: Demand, settings: MemorySettings): number {
  const whole = demand.memory + settings.overhead[demand.accelerator];
  return demand.how === "boot" ? whole : whole * settings.forkShare;
}

/** A guest that has a process, or is about to get one. */
export interface Holder extends Demand {
  /** Bytes it holds alone; 0 while its process is not there yet. */
  readonly held: number;
}

export interface AdmissionRequest extends Demand {
  /** How many of them at once. Default 1. */
  readonly count?: number;
  /** Bytes needed once besides: a template's memory that has to be read back from disk first. */
  readonly once?: number;
}

export interface Admission {
  readonly allowed: boolean;
  /** Bytes. */
  readonly needed: number;
  /** Bytes that can be given now; never negative. */
  readonly available: number;
}

/** Decides on a request, given what the host has available and who holds or was promised what. */
export function admit(
  request: AdmissionRequest,
  host: { readonly available: number },
  holders: readonly Holder[],
  settings: MemorySettings,
): Admission {
  const outstanding = holders.reduce((sum, one) => sum + Math.max(0, promise(one, settings) - one.held), 0);
  const available = Math.max(0, host.available - outstanding - settings.hostReserve);
  const needed = promise(request, settings) * (request.count ?? 1) + (request.once ?? 0);
  return { allowed: needed <= available, needed, available };
}

/** As `admit`. @throws LodgeError guest.memory_unavailable with both figures. */
export function requireMemory(guest: string, ...decision: Parameters<typeof admit>): void {
  const { allowed, needed, available } = admit(...decision);
  if (allowed) return;
  const words = (bytes: number) => `${Math.ceil(bytes / mebibyte)} MiB`;
  throw new LodgeError("guest.memory_unavailable", {
    guest,
    needed: words(needed),
    available: `${Math.floor(available / mebibyte)} MiB`,
  });
}
