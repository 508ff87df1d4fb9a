/** The processes of a home, told by what they have open or were started with; for when no daemon can say. */
import { readlinkSync } from "node:fs";
import { commandLine, complaintsFile, findProcesses } from "#base/find-process";
import type { HomePaths } from "#base/home";
import type { ProcessRef } from "#base/process";

export interface OwnProcess {
  readonly process: ProcessRef;
  readonly kind: "guest" | "tpm" | "share" | "network" | "memory";
  /** The bridge that a network's server serves. */
  readonly bridge?: string;
}

type Places = Pick<HomePaths, "guests" | "run">;

/** Guests' QEMUs and TPMs, their networks' servers, and what holds templates' memory. */
export async function ownProcesses(places: Places): Promise<OwnProcess[]> {
  const found = await findProcesses((argv, pid) => recognise(argv, pid, places) !== undefined);
  const named = found.map(async (process) => {
    const what = recognise(await commandLine(process.pid), process.pid, places);
    return what ? [{ process, ...what }] : [];
  });
  return (await Promise.all(named)).flat();
}

function recognise(
  [program = "", ...words]: readonly string[],
  pid: number,
  { guests, run }: Places,
): Omit<OwnProcess, "process"> | undefined {
  switch (
    program
      .split("/")
      .at(-1)
      ?.replace(/^qemu-system-.*/, "qemu-system")
  ) {
    case "qemu-system":
      return words.some((word) => word.includes(`path=${run}/`)) ? { kind: "guest" } : undefined;
    case "swtpm":
      return complaintsFile(pid)?.startsWith(`${guests}/`) ? { kind: "tpm" } : undefined;
    case "virtiofsd":
      return complaintsFile(pid)?.startsWith(`${guests}/`) ? { kind: "share" } : undefined;
    case "dnsmasq": {
      if (!words.some((word) => word.startsWith(`--pid-file=${run}/`))) return undefined;
      const bridge = words.find((word) => word.startsWith("--interface="))?.slice("--interface=".length);
      return { kind: "network", ...(bridge === undefined ? {} : { bridge }) };
    }
    case "sleep":
      return holds(pid, run) ? { kind: "memory" } : undefined;
    default:
      return undefined;
  }
}

function holds(pid: number, run: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/3`) === `/memfd:lodge-ram ${run} (deleted)`;
  } catch {
    return false;
  }
}
