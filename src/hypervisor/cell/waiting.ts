/**
 * Cells that still wait to be let go on by a daemon that was killed. Both of bubblewrap's processes ask to end with whoever
 * began them (start.ts), but a moment after they were begun: killed within that moment, a daemon leaves one that
 * would wait for ever.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { findProcesses } from "#base/find-process";
import { endProcess, type ProcessRef } from "#base/process";

interface Kin {
  /** 0 where the process is gone. */
  readonly parent: number;
  /** Is it in a namespace of processes below this one? */
  readonly inside: boolean;
}

function kinOf(pid: number): Kin {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return { parent: 0, inside: false };
  }
  const parent = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
  return { parent, inside: /^NSpid:\s*\d+\s+\d+/m.test(status) };
}

/** In a cell that runs, what is inside has become the program; in one that waits it is bubblewrap still. */
export async function waitingCells(home: string): Promise<ProcessRef[]> {
  const found = await findProcesses(
    ([program = "", ...words]) =>
      basename(program) === "bwrap" && words.some((word) => word.includes(`${home}/`)),
  );
  return found.filter(({ pid }) => {
    const { parent, inside } = kinOf(pid);
    return inside && kinOf(parent).parent !== process.pid;
  });
}

/** Ends those of a home; what is outside ends with it. To be called before the daemon starts any. */
export async function endWaiting(home: string): Promise<void> {
  await Promise.all((await waitingCells(home)).map((cell) => endProcess(cell, 0)));
}
