/** A home, ready for one daemon: its folders, its logs cut short, and no other daemon in it. */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { homePaths, prepareRun, type HomePaths } from "#base/home";
import type { Log } from "#base/log";
import { claimPidFile, releasePidFile } from "#base/pid-lock";
import { cutLogs, type KeepLogsParts } from "#domain/host/keep-logs";
import { logFiles } from "./log-files.ts";

export interface PreparedHome {
  readonly paths: HomePaths;
  readonly logs: Omit<KeepLogsParts, "clock">;
  /** Lets another daemon have it. */
  readonly release: () => void;
}

/** @throws LodgeError api.daemon_running */
export async function prepareHome(home: string, log: Log): Promise<PreparedHome> {
  const paths = homePaths(home);
  prepareRun(paths);
  for (const folder of [paths.images, paths.templates, paths.guests])
    await mkdir(folder, { recursive: true, mode: 0o711 });
  // Layers that others stand on can be read by every cell that sees them: so nobody else gets as far as to one.
  for (const folder of [join(paths.home, "layers"), paths.logs]) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
  }
  const pidFile = join(paths.home, "lodged.pid");
  const other = claimPidFile(pidFile);
  if (other) throw new LodgeError("api.daemon_running", { home: paths.home, pid: other.pid });
  const logs = { logs: () => logFiles(paths), log };
  // Nobody cut them while no daemon ran.
  await cutLogs(logs);
  return { paths, logs, release: () => releasePidFile(pidFile) };
}
