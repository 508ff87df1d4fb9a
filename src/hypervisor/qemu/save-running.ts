/** Saves all of a running machine to a file, from which it can go on again as often as that is loaded. */
import { branchTo, type MigrationOptions } from "./migrate.ts";
import type { Monitor } from "./monitor.ts";
import { openSink } from "./state-sink.ts";

export interface SaveRunningOptions extends MigrationOptions {
  /** A path for the unix socket that the state passes through. */
  readonly socket: string;
  /** What the file is encrypted with: state-cipher.ts. */
  readonly key?: Uint8Array | undefined;
  /** Makes the disks immutable while the machine stands still; milliseconds count. */
  readonly freeze: () => Promise<void>;
  /** Does the machine go on afterwards? Not when it was stopped before. */
  readonly resume: boolean;
}

/**
 * Writes the file whole or not at all, for loadState(), RAM not excluded. The machine pauses as for a branch
 * (branch/branch.ts) and goes on, also on failure; one after `freeze` leaves it on what that gave it.
 *
 * @returns milliseconds for which its processors stood still
 * @throws LodgeError host.no_space, host.qemu_failed, host.qemu_gone; the signal's reason.
 */
export async function saveRunning(
  monitor: Monitor,
  file: string,
  options: SaveRunningOptions,
): Promise<number> {
  const sink = await openSink(options.socket, file, options.key);
  try {
    const pause = await branchTo(monitor, options.socket, options.freeze, options);
    await sink.finish();
    return pause;
  } catch (error) {
    await sink.discard();
    throw options.signal?.aborted ? error : (sink.failure() ?? error);
  }
}
