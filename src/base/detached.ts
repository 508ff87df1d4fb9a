/** Starts programs that outlive the daemon. */
import { closeSync, openSync } from "node:fs";
import { findProgram, startSession } from "./child.ts";
import { howEnded } from "./endings.ts";
import { commandMissing } from "./exec.ts";
import { processRef, type ProcessRef } from "./process.ts";

export interface DetachedOptions {
  /** File that gets what it prints; appended to. */
  readonly log: string;
  /** Descriptors it inherits: the first as its 3, the next as its 4, … */
  readonly descriptors?: readonly number[];
  readonly cwd: string;
  /** Beside what every program gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Detached {
  readonly process: ProcessRef;
  /** Resolves when the process ends, with how; only while the daemon that started it lives. */
  readonly ended: Promise<string>;
}

/** What every program that outlives the daemon gets. */
export const detachedEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" } as const;

/** Starts the program in a session of its own. @throws LodgeError host.command_missing */
export async function startDetached(
  command: string,
  args: readonly string[],
  options: DetachedOptions,
): Promise<Detached> {
  const { cwd, descriptors = [] } = options;
  const env = { ...detachedEnv, ...options.env };
  const file = findProgram(command, env.PATH);
  if (file === undefined) throw commandMissing(command, undefined);
  const log = openSync(options.log, "a", 0o640);
  try {
    const { pid, ended } = startSession(file, args, { name: command, env, cwd, output: log, descriptors });
    return { process: processRef(pid) ?? { pid, startTime: "0" }, ended: ended.then(howEnded) };
  } finally {
    closeSync(log);
  }
}
