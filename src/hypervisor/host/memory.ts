/** This computer's memory, as the kernel counts it (proc_meminfo(5)). */
import { readFile } from "node:fs/promises";

/** All in bytes. */
export interface HostMemory {
  readonly total: number;
  /** What could be had without swapping: the kernel's own estimate. */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

export function parseMeminfo(text: string): HostMemory {
  const bytes = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
  return {
    total: bytes("MemTotal"),
    available: bytes("MemAvailable"),
    swapTotal: bytes("SwapTotal"),
    swapFree: bytes("SwapFree"),
  };
}

export const readMemory = async (): Promise<HostMemory> =>
  parseMeminfo(await readFile("/proc/meminfo", "utf8"));

/**
 * Bytes that a process alone holds: its anonymous memory, which includes its private copies of a template's
 * pages but not the pages it shares; what is swapped out counts too. 0 for one that has ended.
 */
export async function privateMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return parsePrivateMemory(status);
}

export function parsePrivateMemory(status: string): number {
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  return 1024 * (field("RssAnon") + field("VmSwap"));
}
