/**
 * Starts QEMU so that it outlives the daemon: in a session of its own, its output in a file.
 */
import { readFileSync, statSync } from "node:fs";
import { startDetached, type Detached, type DetachedOptions } from "#base/detached";

export interface Launch extends DetachedOptions {
  readonly binary: string;
  readonly args: readonly string[];
}

export type Launched = Detached;

/** Starts QEMU. @throws LodgeError host.command_missing when it is not installed. */
export const launchQemu = ({ binary, args, ...options }: Launch): Promise<Launched> =>
  startDetached(binary, args, options);

/** The last lines QEMU printed after the first `from` bytes of its log: why it would not start. */
export function lastWords(log: string, from = 0, lines = 5): string {
  try {
    const all = readFileSync(log);
    // One that is shorter than it was has been cut meanwhile.
    const said = all.length < from ? all : all.subarray(from);
    return said.toString().trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/** How many bytes a log has: what is printed from now on comes after them. */
export const logLength = (log: string): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0;
