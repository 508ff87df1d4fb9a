/** How programs end that spawnProgram() started and nobody reads from: the kernel says with SIGCHLD that one has. */
import { constants as system } from "node:os";
import { reap } from "./libc.ts";

export interface Ending {
  /** Null of one that a signal killed. */
  readonly status: number | null;
  readonly killedBy: string | undefined;
}

/** As the end of a sentence. */
export const howEnded = ({ status, killedBy }: Ending): string =>
  killedBy === undefined ? `exit status ${status}` : `killed by ${killedBy}`;

/** Reaps it, if it has ended. */
export function endingOf(pid: number): Ending | undefined {
  // As wait(2) encodes it.
  const how = reap(pid);
  if (how === undefined) return undefined;
  const signal = how & 0x7f;
  if (signal === 0) return { status: how >> 8, killedBy: undefined };
  const [name] = Object.entries(system.signals).find(([, value]) => value === signal) ?? [];
  return { status: null, killedBy: name ?? `signal ${signal}` };
}

const awaited = new Map<number, (ending: Ending) => void>();

/** Several endings may be told by one signal. */
function look(): void {
  for (const [pid, tell] of awaited) {
    const ending = endingOf(pid);
    if (!ending) continue;
    awaited.delete(pid);
    tell(ending);
  }
  if (awaited.size === 0) process.off("SIGCHLD", look);
}

/** Resolves once it has ended, and reaps it. Does not keep this process from ending before. */
export function whenEnded(pid: number): Promise<Ending> {
  return new Promise((resolve) => {
    if (awaited.size === 0) process.on("SIGCHLD", look);
    awaited.set(pid, resolve);
    // It may have ended before anybody listened.
    look();
  });
}
