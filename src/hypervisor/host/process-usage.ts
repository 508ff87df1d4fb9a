/** What processes and the whole host have taken of processors and memory, as the kernel counts it. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";

export interface ProcessUsage {
  readonly cpuSeconds: number;
  /** Bytes of physical memory, shared pages counted in full. */
  readonly memory: number;
  /** Bytes of it that no other process shares. */
  readonly memoryOwn: number;
}

/** Clock ticks a second in /proc: USER_HZ, which is 100 on every architecture that Linux runs QEMU on. */
const ticks = 100;

/** Fields of /proc/PID/stat (proc_pid_stat(5)): 14 and 15, utime and stime, of all the process's threads. */
export function parseCpuSeconds(stat: string): number {
  // The second field, the command's name, may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

export function parseResident(status: string): Pick<ProcessUsage, "memory" | "memoryOwn"> {
  const bytes = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  const own = bytes("RssAnon");
  return { memory: own + bytes("RssFile") + bytes("RssShmem"), memoryOwn: own };
}

/** Undefined where the process has ended. */
export async function processUsage(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "latin1"),
      readFile(`/proc/${pid}/status`, "latin1"),
    ]);
    return { cpuSeconds: parseCpuSeconds(stat), ...parseResident(status) };
  } catch {
    return undefined;
  }
}

/** All but idle and iowait of the first line of /proc/stat (proc_stat(5)); guests' time is part of user's. */
export function parseHostCpuSeconds(text: string): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    text.split("\n", 1)[0] ?? ""
  )
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticks;
}

/** Processor seconds taken on this host since it started, and how many processors there are. */
export const hostCpu = async (): Promise<{ cpuSeconds: number; cpus: number }> => ({
  cpuSeconds: parseHostCpuSeconds(await readFile("/proc/stat", "latin1")),
  cpus: availableParallelism(),
});
