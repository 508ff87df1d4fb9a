/** Starts programs that outlive the daemon. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
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

/** Starts the program in a session of its own. @throws LodgeError host.command_missing */
export async function startDetached(
  command: string,
  args: readonly string[],
  options: DetachedOptions,
): Promise<Detached> {
  const log = openSync(options.log, "a", 0o640);
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      detached: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...options.env },
      stdio: ["ignore", log, log, ...(options.descriptors ?? [])],
    });
    const ended = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ? `killed by ${signal}` : `exit status ${code}`));
    });
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "ENOENT" ? commandMissing(command, error) : error);
      });
    });
    child.unref();
    const ref = processRef(child.pid!);
    return { process: ref ?? { pid: child.pid!, startTime: "0" }, ended };
  } finally {
    closeSync(log);
  }
}
