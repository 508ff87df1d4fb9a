/** The processes of a home, told by what they have open or were started with; for when no daemon can say. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { processRef, type ProcessRef } from "#base/process";
import type { HomePaths } from "#base/home";

export interface OwnProcess {
  readonly process: ProcessRef;
  readonly kind: "guest" | "network" | "memory";
  /** The bridge that a network's server serves. */
  readonly bridge?: string;
}

/** Guests' QEMUs, their networks' servers, and what holds templates' memory. Reads all of /proc. */
export function ownProcesses({ run }: Pick<HomePaths, "run">): OwnProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    const what = recognise(pid, run);
    const ref = what && processRef(pid);
    return ref ? [{ process: ref, ...what }] : [];
  });
}

function recognise(pid: number, run: string): Omit<OwnProcess, "process"> | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const program = words[0] ?? "";
    if (/qemu-system[^/]*$/.test(program) && words.some((word) => word.includes(`path=${run}/`)))
      return { kind: "guest" };
    if (/(^|\/)dnsmasq$/.test(program) && words.some((word) => word.startsWith(`--pid-file=${run}/`))) {
      const bridge = words.find((word) => word.startsWith("--interface="))?.slice("--interface=".length);
      return { kind: "network", ...(bridge === undefined ? {} : { bridge }) };
    }
    const holds =
      program === "sleep" && readlinkSync(`/proc/${pid}/fd/3`) === `/memfd:lodge-ram ${run} (deleted)`;
    return holds ? { kind: "memory" } : undefined;
  } catch {
    return undefined;
  }
}
