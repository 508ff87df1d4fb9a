/**
 * A machine's state leaving and entering a QEMU process: what parking, forking, branching and
 * suspending are made of. (Moving between hosts adds its own steps: migrate/send.ts.)
 *
 *   park      stop ─ device state ──► unix socket ─► file      RAM stays in its own file
 *   suspend   stop ─ all state ────► unix socket ─► file
 *   fork, start from suspend          file as inherited descriptor ─► a new QEMU
 *   branch    RAM while running ───► unix socket ─► a thread that splits it: branch/branch.ts
 *             └─ pre-switchover: stopped; the caller freezes the disks; then device state
 *
 * State never travels by `exec:`, which QEMU's seccomp sandbox kills.
 */
import { LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import type { Monitor, QmpEvent } from "./monitor.ts";
import { openSink } from "./state-sink.ts";

type Capability =
  | "events"
  | "x-ignore-shared"
  | "pause-before-switchover"
  | "auto-converge"
  | "late-block-activate";

export interface MigrationInfo {
  status?: string;
  "error-desc"?: string;
  ram?: {
    total: number;
    remaining: number;
    transferred: number;
    "dirty-sync-count": number;
    /** Megabits a second. */
    mbps?: number;
    /** Pages a second, of the last pass. */
    "dirty-pages-rate"?: number;
    "page-size"?: number;
  };
  /** Of a hundred, by which the processors are slowed down. */
  "cpu-throttle-percentage"?: number;
}

const everyCapability: readonly Capability[] = [
  "events",
  "x-ignore-shared",
  "pause-before-switchover",
  "auto-converge",
  "late-block-activate",
];

export async function setCapabilities(monitor: Monitor, wanted: readonly Capability[]): Promise<void> {
  await monitor.execute("migrate-set-capabilities", {
    capabilities: everyCapability.map((capability) => ({ capability, state: wanted.includes(capability) })),
  });
}

const statusOf = (event: QmpEvent): string | undefined =>
  event.event === "MIGRATION" ? String(event.data["status"]) : undefined;

export interface MigrationOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the share of RAM that is through, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Runs a migration that was set up until one of the statuses, reporting progress; cancels on abort. */
export async function migrateUntil(
  monitor: Monitor,
  start: () => Promise<unknown>,
  goal: "completed" | "pre-switchover",
  options: MigrationOptions,
): Promise<void> {
  const ends = [goal, "failed", "cancelled"];
  const reached = monitor.nextEvent((event) => ends.includes(statusOf(event) ?? ""));
  reached.catch(() => undefined);
  const onAbort = () => void monitor.execute("migrate_cancel").catch(() => undefined);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const watch = options.onProgress ? setInterval(() => void report(), 200) : undefined;
  const report = async () => {
    const info = await monitor.execute<MigrationInfo>("query-migrate").catch(() => undefined);
    if (info?.ram && info.ram.total > 0) options.onProgress?.(1 - info.ram.remaining / info.ram.total);
  };
  try {
    await start();
    const status = statusOf(await reached);
    if (status === goal) return;
    options.signal?.throwIfAborted();
    const info = await monitor.execute<MigrationInfo>("query-migrate");
    throw new LodgeError(
      "host.qemu_failed",
      { command: "migrate" },
      { detail: info["error-desc"] ?? status },
    );
  } finally {
    clearInterval(watch);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

export const unlimited = { "max-bandwidth": 2 ** 40 };

export interface SaveOptions extends MigrationOptions {
  /** Leave out RAM that lies in a shared file: what is written is the device state alone. */
  readonly ramExcluded: boolean;
  /** A path for the unix socket that the state passes through. */
  readonly socket: string;
  /** What the file is encrypted with: state-cipher.ts. */
  readonly key?: Uint8Array | undefined;
}

/**
 * Stops the machine and writes its state to a file, whole or not at all. The machine stays stopped.
 *
 * @throws LodgeError host.no_space, host.qemu_failed, host.qemu_gone; the signal's reason.
 */
export async function saveState(monitor: Monitor, file: string, options: SaveOptions): Promise<void> {
  await monitor.execute("stop");
  await setCapabilities(monitor, options.ramExcluded ? ["events", "x-ignore-shared"] : ["events"]);
  await monitor.execute("migrate-set-parameters", unlimited);
  const sink = await openSink(options.socket, file, options.key);
  try {
    const start = () => monitor.execute("migrate", { uri: `unix:${options.socket}` });
    await migrateUntil(monitor, start, "completed", options);
    await sink.finish();
  } catch (error) {
    await sink.discard();
    throw options.signal?.aborted ? error : (sink.failure() ?? error);
  }
}

/** Milliseconds that the rest of the RAM may take while the machine stands still, to begin with. */
const firstDowntime = 20;

/**
 * A guest that writes faster than its pages can be sent would never be through: once the first pass is
 * over, the time it may stand still grows until it suffices.
 *
 * @returns what ends this.
 */
function growDowntime(monitor: Monitor): () => void {
  let downtime = firstDowntime;
  const grow = async () => {
    const { ram } = await monitor.execute<MigrationInfo>("query-migrate");
    // QEMU looks for dirty pages once at the start and once after each pass.
    if (!ram || ram["dirty-sync-count"] < 2) return;
    downtime = Math.min(downtime * 1.5, 60_000);
    await monitor.execute("migrate-set-parameters", { "downtime-limit": Math.round(downtime) });
  };
  const timer = setInterval(() => void grow().catch(() => undefined), 250);
  return () => clearInterval(timer);
}

/**
 * Lets the machine go on after a migration. QEMU announces "completed" a moment before it is ready for
 * that, and no event tells when it is.
 */
export async function resume(monitor: Monitor): Promise<void> {
  const end = systemClock.monotonic() + 10_000;
  for (let ready = false; ;) {
    try {
      await monitor.execute("cont");
      return;
    } catch (error) {
      if (ready || systemClock.monotonic() > end) throw error;
      const { status } = await monitor.execute<{ status: string }>("query-status");
      // It may have become so since it refused: then once more.
      ready = status !== "finish-migrate";
      if (!ready) await systemClock.sleep(1);
    }
  }
}

/**
 * After a failure: ends the migration, which QEMU does in its own time, and lets the machine go on. Also one that an
 * earlier daemon began: QEMU itself waits in "pre-switchover" for ever, and does not go on where it was told to stop.
 *
 * @throws LodgeError host.qemu_failed, host.qemu_gone
 */
export async function abandonMigration(monitor: Monitor, goesOn: boolean): Promise<void> {
  await monitor.execute("migrate_cancel");
  // Where none ever began there is no status.
  const over: readonly unknown[] = [undefined, "none", "completed", "failed", "cancelled"];
  const isOver = async () => over.includes((await monitor.execute<MigrationInfo>("query-migrate")).status);
  for (let tries = 0; tries < 500 && !(await isOver()); tries++) await systemClock.sleep(10);
  if (goesOn) await resume(monitor);
}

/**
 * Starts a migration with the processors standing still until QEMU has begun to note what they write.
 *
 * Without KVM, QEMU notes writes by its translation caches. When it takes stock of them while the processors
 * run, it up to 9.0 forgets to reset these caches, and in every version a write that is just under way can be
 * missed: then single pages arrive in an old state (tried with 7.2: some twenty of them each time, where the
 * guest was busy). So it may take stock twice only, both times standing still: here and at the end.
 */
export async function startNotingWrites(monitor: Monitor, uri: string, resume: boolean): Promise<void> {
  await monitor.execute("stop");
  const begun = ["active", "failed", "cancelled"];
  const active = monitor.nextEvent((event) => begun.includes(statusOf(event) ?? ""));
  active.catch(() => undefined);
  await monitor.execute("migrate", { uri });
  await active;
  if (resume) await monitor.execute("cont");
}

/** @throws LodgeError host.qemu_failed when QEMU took stock of writes more often than startNotingWrites() says. */
export function checkNotedWrites(monitor: Monitor, { ram }: MigrationInfo): void {
  if (ram && ram["dirty-sync-count"] <= 2) return;
  const detail = `QEMU ${monitor.version} does not copy memory reliably while a machine without KVM runs; 7.2 and 10.0 do`;
  throw new LodgeError("host.qemu_failed", { command: "migrate" }, { detail });
}

/** Milliseconds for which the processors stood still the longest, by QEMU's own events. */
export class LongestPause {
  #stopped: number | undefined;
  milliseconds = 0;

  /** Since when they stand still, if they do. */
  get since(): number | undefined {
    return this.#stopped;
  }

  note({ event, at }: QmpEvent): void {
    if (event === "STOP") this.#stopped ??= at;
    if (event !== "RESUME" || this.#stopped === undefined) return;
    this.milliseconds = Math.max(this.milliseconds, at - this.#stopped);
    this.#stopped = undefined;
  }
}

/**
 * Sends a running machine's state to who listens at the unix socket. While the machine is stopped for the
 * last part, `freeze` makes its disks immutable; afterwards it goes on (where `resume` says so: it was not
 * stopped before), also after a failure.
 *
 * @returns how long the machine's processors stood still at the longest, in milliseconds (a guest sees its
 *   timers late by about as much); 0 for a machine that was stopped, and stays so.
 */
export async function branchTo(
  monitor: Monitor,
  socket: string,
  freeze: () => Promise<void>,
  options: MigrationOptions & { readonly resume: boolean },
): Promise<number> {
  const { enabled: kvm } = await monitor.execute<{ enabled: boolean }>("query-kvm");
  await setCapabilities(monitor, ["events", "pause-before-switchover"]);
  // With 0, QEMU stops the machine after one pass and takes stock of what was written only then.
  const limit = { "downtime-limit": kvm ? firstDowntime : 0 };
  await monitor.execute("migrate-set-parameters", { ...unlimited, ...limit });
  const uri = `unix:${socket}`;
  const pause = new LongestPause();
  const unsubscribe = monitor.onEvent((event) => pause.note(event));
  const stopGrowing = kvm ? growDowntime(monitor) : () => undefined;
  try {
    const start = kvm
      ? () => monitor.execute("migrate", { uri })
      : () => startNotingWrites(monitor, uri, options.resume);
    await migrateUntil(monitor, start, "pre-switchover", options);
    stopGrowing();
    await freeze();
    const go = () => monitor.execute("migrate-continue", { state: "pre-switchover" });
    await migrateUntil(monitor, go, "completed", {});
    if (options.resume) await resume(monitor);
    if (!kvm) checkNotedWrites(monitor, await monitor.execute<MigrationInfo>("query-migrate"));
    return pause.milliseconds;
  } catch (error) {
    // What QEMU says now would hide why.
    await abandonMigration(monitor, options.resume).catch(() => undefined);
    throw error;
  } finally {
    stopGrowing();
    unsubscribe();
  }
}

/** Loads the state that saveState() wrote from a descriptor which QEMU inherited; the machine stays stopped. */
export async function loadState(
  monitor: Monitor,
  from: { readonly descriptor: number; readonly ramExcluded: boolean },
  signal?: AbortSignal,
): Promise<void> {
  await setCapabilities(monitor, from.ramExcluded ? ["x-ignore-shared"] : []);
  // No announcement: a fork has nothing to announce until it has its own MAC, and Linux 6.12 deadlocks
  // where its announcement meets the interface being taken down to change that MAC.
  await monitor.execute("migrate-set-parameters", { "announce-rounds": 0 });
  await monitor.execute("migrate-incoming", { uri: `fd:${from.descriptor}` });
  await waitLoaded(monitor, { timeout: 120_000, signal });
}

/**
 * Waits until a machine that was started with `incoming` has its state.
 * @throws LodgeError host.qemu_gone when QEMU ended instead: its log says why.
 */
export async function waitLoaded(
  monitor: Monitor,
  options: { timeout: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const end = systemClock.monotonic() + options.timeout;
  for (let pause = 1; ; pause = Math.min(pause * 1.3, 50)) {
    const { status } = await monitor.execute<{ status: string }>("query-status");
    if (status !== "inmigrate") return;
    if (systemClock.monotonic() > end) {
      throw new LodgeError(
        "host.qemu_failed",
        { command: "migrate-incoming" },
        { detail: "the state did not arrive" },
      );
    }
    await systemClock.sleep(pause, options.signal);
  }
}
