/** Finds again what Lodge left running, by its command line. */
import { readlinkSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { processFields, type ProcessRef } from "./process.ts";

/** A process's arguments, its program's name first; empty when it is gone. */
export async function commandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

/** The file that a process complains to; undefined when it is gone or somebody else's. The same in a cell as outside. */
export function complaintsFile(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/2`);
  } catch {
    return undefined;
  }
}

/** PF_KTHREAD among the flags (the kernel's include/linux/sched.h): a thread of the kernel's own runs no program, and there are many. */
const isKernels = (fields: readonly string[]): boolean => (Number(fields[6]) & 0x200000) !== 0;

/** The processes that the caller recognises, by their arguments. Reads all of /proc: some 10 ms. */
export async function findProcesses(
  recognise: (argv: readonly string[], pid: number) => boolean,
): Promise<ProcessRef[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // First who it is, then what it runs: an id that is another's meanwhile is then that of nobody.
      const fields = processFields(pid);
      if (!fields || isKernels(fields)) return [];
      return recognise(await commandLine(pid), pid) ? [{ pid, startTime: fields[19]! }] : [];
    }),
  );
  return found.flat();
}
