/** What sizes a guest can be given as it is now, and the request for one. Pure. */
import type { Schemas } from "#contract/schemas";

type Guest = Pick<Schemas["Guest"], "state" | "cpus" | "memory" | "memoryTarget" | "machine" | "shares">;

const MiB = 2 ** 20;

type Range = readonly [least: number, most: number];

export interface SizeRange {
  readonly cpus: Range;
  /** MiB. */
  readonly memory: Range;
  /** MiB that it is asked to have. */
  readonly now: number;
}

/** While it runs: between what its balloon leaves it and what there is room for. */
export function sizeRange({ state, cpus, memory, memoryTarget = memory, machine, shares }: Guest): SizeRange {
  const now = memoryTarget / MiB;
  if (state !== "running") return { cpus: [1, 255], memory: [16, 2 ** 24], now };
  const { maxCpus = cpus, balloon = false } = machine;
  // With a shared folder it has all of its memory from the start.
  const { bootMemory = memory, maxMemory = 0 } = shares?.length ? {} : machine;
  const least = Math.ceil((balloon ? bootMemory / 4 : maxMemory > 0 ? bootMemory : memory) / MiB);
  const most = Math.max(bootMemory, maxMemory) / MiB;
  return { cpus: [cpus, Math.max(cpus, maxCpus)], memory: [least, most], now };
}

/** What differs alone. */
export function sizeChange(
  guest: Guest,
  wish: { readonly cpus: number; readonly memory: number },
): Schemas["GuestUpdate"] {
  return {
    ...(wish.cpus === guest.cpus ? {} : { cpus: wish.cpus }),
    ...(wish.memory === sizeRange(guest).now ? {} : { memory: wish.memory * MiB }),
  };
}
