/** Lists of processors, as cpuset(7) writes them: "0-3,8". */
import { readFileSync } from "node:fs";

export function parseCpuList(text: string): number[] {
  const parts = text.trim() === "" ? [] : text.trim().split(",");
  return parts.flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split("-").map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) || 0 }, (_, i) => first + i);
  });
}

/** The shortest list of these. */
export function formatCpuList(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].toSorted((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const cpu of sorted) {
    const run = runs.at(-1);
    if (run && run[1] === cpu - 1) run[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

export const onlineCpus = (): string => readFileSync("/sys/devices/system/cpu/online", "latin1").trim();
