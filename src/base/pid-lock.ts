import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAlive, processRef, type ProcessRef } from "./process.ts";

/**
 * Makes the file say that this process is the one. Returns who holds it where somebody alive does. (The
 * store's own lock decides between two that come at the same moment; this is for saying who it is.)
 */
export function claimPidFile(path: string): ProcessRef | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as ProcessRef;
    if (isAlive(holder)) return holder;
  } catch {
    // Nobody, or a file cut short: free.
  }
  writeFileSync(path, JSON.stringify(processRef(process.pid)), { mode: 0o644 });
  return undefined;
}

export const releasePidFile = (path: string): void => rmSync(path, { force: true });
