/**
 * One member of an etcd as a process of this host's. It outlives the daemon as guests do: a daemon that is restarted
 * finds it again by its folder, and a cluster does not lose a voter with each upgrade.
 */
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, systemClock } from "#base/clock";
import { startDetached } from "#base/detached";
import { EtcdConnection, type EtcdTls } from "#base/etcd-connection";
import { findProcesses } from "#base/find-process";
import { endProcess, isAlive, type ProcessRef } from "#base/process";
import { LodgeError } from "#contract/errors";
import { etcdArgs, isEtcd } from "./argv.ts";
import { clientUrl, type EtcdPlan } from "./plan.ts";

/** The running member with this folder. */
export async function findEtcd(folder: string): Promise<ProcessRef | undefined> {
  const [found] = await findProcesses((argv) => isEtcd(argv, folder));
  return found;
}

/**
 * Starts the member, unless it runs already. It need not answer yet: of several that begin together none does until
 * more than half are there.
 *
 * @throws LodgeError host.command_missing, store.etcd_failed
 */
export async function startEtcd(plan: EtcdPlan): Promise<ProcessRef> {
  const running = await findEtcd(plan.folder);
  if (running) return running;
  await mkdir(plan.folder, { recursive: true, mode: 0o700 });
  const { process } = await startDetached("etcd", etcdArgs(plan), {
    log: plan.log,
    cwd: dirname(plan.folder),
  });
  return process;
}

/** Ends it: it hands its leadership on where it has it. Idempotent. */
export async function stopEtcd(folder: string): Promise<void> {
  const running = await findEtcd(folder);
  if (running) await endProcess(running, 10_000);
}

/** Does it answer, as part of a quorum? */
export async function isHealthy(plan: EtcdPlan, tls: EtcdTls | undefined): Promise<boolean> {
  const connection = new EtcdConnection(clientUrl(plan), tls);
  try {
    await connection.call("/v3/kv/range", { key: Buffer.of(0).toString("base64") });
    return true;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

export interface WaitOptions {
  readonly tls?: EtcdTls | undefined;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Milliseconds. Default 30,000. */
  readonly timeout?: number;
}

/** Resolves when it answers as part of a quorum. @throws LodgeError store.etcd_failed: it ended, or the time is up. */
export async function waitForEtcd(
  plan: EtcdPlan,
  process: ProcessRef,
  options: WaitOptions = {},
): Promise<void> {
  const { tls, clock = systemClock, signal, timeout = 30_000 } = options;
  const end = clock.monotonic() + timeout;
  for (;;) {
    if (await isHealthy(plan, tls)) return;
    const { log } = plan;
    if (!isAlive(process))
      throw new LodgeError(
        "store.etcd_failed",
        { reason: "it ended", log },
        { detail: await lastWords(log) },
      );
    if (clock.monotonic() > end)
      throw new LodgeError(
        "store.etcd_failed",
        { reason: `it does not answer as part of a quorum after ${timeout / 1000} s`, log },
        { detail: await lastWords(log) },
      );
    await clock.sleep(100, signal);
  }
}

const lastWords = async (log: string): Promise<string> =>
  (await readFile(log, "utf8").catch(() => "")).slice(-2000);
