/** What keeps a fence going when the computer is short of everything: memory, processors, patience. */
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { goFirst, lockMemory } from "#base/libc";

/** Each as far as this user may; gives what could not be had. */
export function holdSteady(): string[] {
  const parts: readonly (readonly [string, () => boolean])[] = [
    // Never chosen by the kernel when memory is out (proc_pid_oom_score_adj(5)).
    ["be spared when memory is out", () => attempt(() => writeFileSync("/proc/self/oom_score_adj", "-1000"))],
    ["stay in memory", lockOwn],
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

/**
 * Its program, libraries, stack and malloc's heap. Not what V8 has mapped: it gives pages of that back as it collects garbage, which
 * fails on locked ones (madvise(2), EINVAL) and ends the process.
 */
function lockOwn(): boolean {
  const locked = readFileSync("/proc/self/maps", "latin1")
    .split("\n")
    .flatMap((line) => {
      const [, from, to, access = "", name = ""] = /^(\w+)-(\w+) (\S+) \S+ \S+ \d+ *(.*)$/.exec(line) ?? [];
      const isOwn = name.startsWith("/") || name === "[heap]" || name === "[stack]";
      if (from === undefined || !isOwn || !access.startsWith("r")) return [];
      const start = BigInt(`0x${from}`);
      return [lockMemory(start, BigInt(`0x${to}`) - start)];
    });
  return locked.length > 0 && locked.every(Boolean);
}
