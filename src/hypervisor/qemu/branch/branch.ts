/**
 * Branches a running machine: its memory and devices as they are at one moment, for any number of children.
 *
 *   parent (QEMU)                       daemon                           RAM file    state file
 *     │ runs ──── pages, rounds of dirty pages ────► thread ── pages ───────► │
 *     │ stops; pre-switchover ──────────► freeze() the disks                  │
 *     │ ◄──────── migrate-continue ──────── │                                 │
 *     │ ───────── last pages, devices ─────────────► thread ── pages ───────► │
 *     │ ◄──────── cont ──────────────────── │                └─ devices ─────────────────► │
 *     │ runs                           the caller seals the RAM file
 *
 * A child is a QEMU that maps the RAM file privately and loads the state file with loadState(), RAM not
 * excluded, as the stream has the small blocks (video memory, ROMs). Its QEMU may be started earlier, as
 * soon as both files exist, empty: until it loads it touches neither the memory nor its disks (which may
 * lie on the parent's; QEMU reads them anew once it has the state). That hides the time of its start.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { branchTo, type MigrationOptions } from "../migrate.ts";
import type { Monitor } from "../monitor.ts";
import { receiveBranch, type ReceiveOptions } from "./receive.ts";

export interface BranchOptions extends MigrationOptions, ReceiveOptions {
  /** Makes the disks immutable while the machine stands still; milliseconds count. */
  readonly freeze: () => Promise<void>;
  /** Does the machine go on afterwards? Not when it was stopped before. */
  readonly resume: boolean;
}

export interface Branched {
  /** How long the parent's processors stood still, in milliseconds, by QEMU's own events. */
  readonly pause: number;
  /** Bytes of the RAM file that hold something. */
  readonly ramBytes: number;
}

/**
 * Writes the machine's state into the two files; the machine pauses shortly and goes on, also on failure.
 * A failure after `freeze` leaves the disks frozen and the machine running on what freeze() gave it.
 *
 * @throws LodgeError host.qemu_failed, host.qemu_gone, host.no_space; the signal's reason.
 */
export async function branchMachine(monitor: Monitor, options: BranchOptions): Promise<Branched> {
  const receiving = await receiveBranch(options);
  let atReceiver: unknown;
  receiving.received.catch((error) => (atReceiver = error));
  try {
    const pause = await branchTo(monitor, options.socket, options.freeze, options);
    const { ramBytes } = await receiving.received;
    return { pause, ramBytes };
  } catch (error) {
    throw reasonOf(error, atReceiver);
  } finally {
    await receiving.close();
  }
}

/**
 * Where the stream broke, QEMU and the receiver both complain, and either may know why. What freeze() threw
 * or a signal's reason is the cause of both.
 */
function reasonOf(error: unknown, atReceiver: unknown): unknown {
  const isOfStream = hasCode(error, "host.qemu_failed") && error.params["command"] === "migrate";
  if (!isOfStream || !(atReceiver instanceof LodgeError) || atReceiver === error) return error;
  const detail = [atReceiver.detail, error.detail].filter(Boolean).join("; ");
  return new LodgeError(atReceiver.code, atReceiver.params, { detail, cause: error });
}
