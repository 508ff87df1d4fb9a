/**
 * Cells that still wait to be let go on by a daemon that was killed. bubblewrap asks to end with it (start.ts), but a moment after
 * it was begun: killed within that moment, a daemon leaves one that would wait for ever.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { findProcesses } from "#base/find-process";
import { endProcess, type ProcessRef } from "#base/process";

/** 0 where the process is gone. */
function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A cell that waits is two bubblewraps, one within the other; of one that runs, the inner has become the program. */
export async function waitingCells(home: string): Promise<ProcessRef[]> {
  const found = await findProcesses(
    ([program = "", ...words]) =>
      basename(program) === "bwrap" && words.some((word) => word.includes(`${home}/`)),
  );
  const outer = new Set(found.map(({ pid }) => pid).filter((pid) => parentOf(pid) !== process.pid));
  return found.filter(({ pid }) => outer.has(parentOf(pid)));
}

/** Ends those of a home; the outer ones end with theirs. To be called before the daemon starts any. */
export async function endWaiting(home: string): Promise<void> {
  await Promise.all((await waitingCells(home)).map((cell) => endProcess(cell, 0)));
}
