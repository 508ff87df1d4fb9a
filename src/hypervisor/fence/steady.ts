/** What keeps a fence going when the computer is short of everything: memory, processors, patience. */
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { goFirst, lockMemory } from "#base/libc";

/** Each as far as this user may; gives what could not be had. */
export function holdSteady(): string[] {
  const parts: readonly (readonly [string, () => boolean])[] = [
    // Never chosen by the kernel when memory is out (proc_pid_oom_score_adj(5)).
    ["be spared when memory is out", () => attempt(() => writeFileSync("/proc/self/oom_score_adj", "-1000"))],
    ["stay in memory", lockMemory],
    ["go before all others", () => goFirst() || attempt(() => setPriority(0, -20))],
  ];
  return parts.flatMap(([what, has]) => (has() ? [] : [what]));
}

function attempt(what: () => void): boolean {
  try {
    what();
    return true;
  } catch {
    return false;
  }
}
