import { readFileSync } from "node:fs";

/** Where the kernel tells what a process takes; the first counts shared pages in full, the second in parts. */
const places = {
  resident: { file: "status", line: "VmRSS" },
  proportional: { file: "smaps_rollup", line: "Pss" },
} as const;

/** MiB. */
export function memoryOf(pid: number, kind: keyof typeof places): number {
  const { file, line } = places[kind];
  const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
  return Number(new RegExp(`^${line}:\\s+(\\d+)`, "m").exec(text)?.[1]) / 1024;
}
