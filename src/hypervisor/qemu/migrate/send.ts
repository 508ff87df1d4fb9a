/**
 * Sends a running machine to another QEMU, which waits for it (receive.ts). Neither knows a network: both use unix sockets, at whose
 * other ends the daemon is, or for disks connections that they are given (route.ts).
 *
 *   source QEMU                           caller                          target QEMU
 *     │ disks ────────── NBD ───────────────────────────────────────────────► │  until both are equal
 *     │ memory, pass after pass ────────────────────────────────────────────► │
 *     │ stops; pre-switchover                                                 │
 *     │ disks end equal ─────────────────► disksSent() ─── flush ───────────► │
 *     │ the last of the memory, devices ────────────────────────────────────► │ loaded, stands still
 *     │ (postmigrate)                      decides: one transaction           │
 *     │ quit ◄──────────────────────────────── committed ─────────── cont ──► │ announces itself
 *     │ takeBack() ◄────────────────────────── not committed ────── quit ───► │
 *
 * A machine without KVM stands still twice, and is sent in one pass: see startNotingWrites(). With KVM, one that writes
 * faster than can be sent is slowed down (auto-converge) until what is left fits into the time it may stand still.
 */
import { systemClock } from "#base/clock";
import {
  abandonMigration,
  checkNotedWrites,
  LongestPause,
  migrateUntil,
  setCapabilities,
  startNotingWrites,
  unlimited,
  type MigrationInfo,
} from "../migrate.ts";
import type { Monitor } from "../monitor.ts";
import { beginDisks, concludeDisks, disksEqual, giveUpDisks, type DiskOut } from "./disks-out.ts";
import { outlook, sendingOf, type Outlook, type Sending } from "./outlook.ts";
import type { DisksOut } from "./route.ts";

/** Milliseconds for which a machine may stand still for the last of its memory. */
export const defaultDowntime = 300;

export type SendProgress =
  | { readonly what: "disks"; readonly fraction: number }
  | { readonly what: "memory"; readonly sending: Sending; readonly outlook: Outlook };

export interface SendOptions {
  /** A unix socket that the caller listens at: for memory and devices. */
  readonly socket: string;
  /** For disks, as NBD. */
  readonly disksOut: DisksOut;
  readonly disks: readonly DiskOut[];
  /** Does it run? One that stands still is sent as it is. */
  readonly running: boolean;
  /** Can disks follow at leisure first? See followsFirst(). */
  readonly followFirst: boolean;
  /** Bytes a second; without it, as fast as can be. */
  readonly bandwidth?: number;
  /** Milliseconds. */
  readonly downtime: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SendProgress) => void;
  /** Called when it stands still for the last of it. */
  readonly onStandstill?: () => void;
  /** Called while it stands still and the disks at both ends are equal; the last of its memory goes meanwhile. */
  readonly disksSent: () => Promise<void>;
}

export interface Sent {
  /** When its processors stopped for good: milliseconds since the epoch, by QEMU's clock. */
  readonly stoppedAt: number | undefined;
  /** Bytes of memory and devices that went over the wire, and how often all was gone through. */
  readonly transferred: number;
  readonly passes: number;
}

/**
 * Resolves when all of it is sent; the machine stands still. Whoever does not commit calls takeBack(), also after a failure.
 * @throws LodgeError host.qemu_failed, host.qemu_gone; the signal's reason.
 */
export async function sendMachine(monitor: Monitor, options: SendOptions): Promise<Sent> {
  const { disks, signal, followFirst } = options;
  signal.throwIfAborted();
  await beginDisks(monitor, disks, {
    out: options.disksOut,
    followFirst,
    speed: options.bandwidth ?? 0,
  });
  if (disks.length > 0) {
    const onProgress = (fraction: number) => options.onProgress({ what: "disks", fraction });
    await disksEqual(monitor, disks, { signal, followFirst, onProgress });
  }
  const { enabled: kvm } = await monitor.execute<{ enabled: boolean }>("query-kvm");
  await setCapabilities(monitor, [
    "events",
    "pause-before-switchover",
    ...(kvm ? ["auto-converge" as const] : []),
  ]);
  const bandwidth = options.bandwidth === undefined ? unlimited : { "max-bandwidth": options.bandwidth };
  // With 0, QEMU stops the machine after one pass and takes stock of what was written only then.
  await monitor.execute("migrate-set-parameters", {
    ...bandwidth,
    "downtime-limit": kvm ? options.downtime : 0,
  });
  return send(monitor, options, kvm);
}

async function send(monitor: Monitor, options: SendOptions, kvm: boolean): Promise<Sent> {
  const { signal, running } = options;
  const uri = `unix:${options.socket}`;
  const pause = new LongestPause();
  const unsubscribe = monitor.onEvent((event) => pause.note(event));
  const watching = watch(monitor, options, !kvm);
  try {
    const start = () =>
      kvm ? monitor.execute("migrate", { uri }) : startNotingWrites(monitor, uri, running);
    await migrateUntil(monitor, start, "pre-switchover", { signal });
    options.onStandstill?.();
    await concludeDisks(monitor, options.disks);
    const go = () => monitor.execute("migrate-continue", { state: "pre-switchover" });
    await Promise.all([migrateUntil(monitor, go, "completed", { signal }), options.disksSent()]);
    const info = await monitor.execute<MigrationInfo>("query-migrate");
    if (!kvm) checkNotedWrites(monitor, info);
    const { ram } = info;
    return {
      stoppedAt: pause.since,
      transferred: ram?.transferred ?? 0,
      passes: ram?.["dirty-sync-count"] ?? 0,
    };
  } finally {
    watching.stop();
    unsubscribe();
  }
}

/** Tells of the memory now and then. */
function watch(monitor: Monitor, { onProgress, downtime }: SendOptions, onePass: boolean) {
  const began = systemClock.monotonic();
  const report = async () => {
    const info = await monitor.execute<MigrationInfo>("query-migrate");
    const sending = sendingOf(info, (systemClock.monotonic() - began) / 1000);
    if (sending) onProgress({ what: "memory", sending, outlook: outlook(sending, downtime, onePass) });
  };
  const timer = setInterval(() => void report().catch(() => undefined), 200);
  return { stop: () => clearInterval(timer) };
}

/**
 * Ends the sending, whatever came of it, and lets the machine be what it was: one that ran goes on. Idempotent; also of one
 * that an earlier daemon began. Whoever calls it knows that the target does not go on.
 *
 * @throws LodgeError host.qemu_failed, host.qemu_gone
 */
export async function takeBack(
  monitor: Monitor,
  { disks, running }: { readonly disks: readonly string[]; readonly running: boolean },
): Promise<void> {
  await abandonMigration(monitor, running);
  const { status } = await monitor.execute<{ status: string }>("query-status");
  if (!running && status === "postmigrate") {
    // Of a machine that was sent QEMU has let go of its disks, and takes them back only to let it run.
    await Promise.all([monitor.execute("cont"), monitor.execute("stop")]);
  }
  await giveUpDisks(monitor, disks);
}
