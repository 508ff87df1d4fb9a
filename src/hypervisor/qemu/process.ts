/**
 * Starts QEMU so that it outlives the daemon: in a session of its own, its output in a file.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { processRef, type ProcessRef } from "#base/process";

export interface Launch {
  readonly binary: string;
  readonly args: readonly string[];
  /** File that gets what QEMU prints; appended to. */
  readonly log: string;
  /** Descriptors QEMU inherits: the first as its 3, the next as its 4, … */
  readonly descriptors?: readonly number[];
  readonly cwd: string;
}

export interface Launched {
  readonly process: ProcessRef;
  /** Resolves when the process ends, with how; only while the daemon that started it lives. */
  readonly ended: Promise<string>;
}

/** Starts QEMU. @throws LodgeError host.command_missing when it is not installed. */
export async function launchQemu(launch: Launch): Promise<Launched> {
  const log = openSync(launch.log, "a", 0o640);
  try {
    const child = spawn(launch.binary, launch.args, {
      cwd: launch.cwd,
      detached: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
      stdio: ["ignore", log, log, ...(launch.descriptors ?? [])],
    });
    const ended = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ? `killed by ${signal}` : `exit status ${code}`));
    });
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error: NodeJS.ErrnoException) => {
        const missing = { command: launch.binary, package: "qemu-system-x86" };
        reject(error.code === "ENOENT" ? new LodgeError("host.command_missing", missing) : error);
      });
    });
    child.unref();
    const ref = processRef(child.pid!);
    return { process: ref ?? { pid: child.pid!, startTime: "0" }, ended };
  } finally {
    closeSync(log);
  }
}

/** The last lines QEMU printed: why it would not start. */
export function lastWords(log: string, lines = 5): string {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}
