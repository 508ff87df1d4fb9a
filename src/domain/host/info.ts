/** What one host is and has, for `lodge` and for other hosts. */
import { statfs } from "node:fs/promises";
import { availableParallelism, hostname } from "node:os";
import type { Schemas } from "#contract/schemas";
import { readMemory } from "#hypervisor/host/memory";
import type { Accelerator } from "#hypervisor/qemu/accel";

export interface HostOptions {
  /** Lodge's version. */
  readonly version: string;
  readonly home: string;
  readonly tag: string;
  /** QEMU's version. */
  readonly qemu: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly accelerator: Pick<Accelerator, "accelerator" | "reason">;
  readonly guests: { readonly all: number; readonly running: number };
}

/** Figures are of this moment. */
export async function describeHost(options: HostOptions): Promise<Schemas["Host"]> {
  const [memory, disk] = await Promise.all([readMemory(), statfs(options.home)]);
  return {
    name: hostname(),
    version: options.version,
    home: options.home,
    tag: options.tag,
    pid: process.pid,
    startedAt: new Date(options.startedAt).toISOString(),
    cpus: availableParallelism(),
    memory: memory.total,
    memoryAvailable: memory.available,
    diskFree: disk.bavail * disk.bsize,
    accelerator: options.accelerator.accelerator,
    acceleratorReason: options.accelerator.reason,
    qemu: options.qemu,
    privileged: process.getuid?.() === 0,
    guests: options.guests.all,
    running: options.guests.running,
  };
}
