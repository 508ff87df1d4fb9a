/**
 * The composition root: it alone constructs services, here and in daemon/. How a daemon begins, in the order in which it does:
 *
 *   ground (home, records, computer, networks) ─► services ─► guests adopted, operations recovered ─► doors ─► what is for later
 */
import { join } from "node:path";
import { keepDescriptors } from "#base/inheritance";
import { createLog, type Log } from "#base/log";
import { AuditLog } from "#domain/access/audit";
import { allowWithoutCells } from "#hypervisor/cell/tool";
import type { Server } from "#server/server";
import { openGround, type Ground } from "./daemon/ground.ts";
import { openDoors } from "./daemon/open-doors.ts";
import type { Daemon, DaemonOptions } from "./daemon/options.ts";
import { tellReady } from "./daemon/ready.ts";
import { takeUp } from "./daemon/take-up.ts";
import { wireServices, type Wired } from "./daemon/wire.ts";

/** Starts a daemon on a home. @throws LodgeError api.daemon_running, store.unavailable, host.command_missing */
export async function startDaemon(options: DaemonOptions, log: Log = createLog()): Promise<Daemon> {
  keepDescriptors();
  if (options.withoutCells) allowWithoutCells();
  const ground = await openGround(options, log);
  const wired = await wireServices(ground, options);
  const beside = await takeUp(ground, wired);
  const audit = new AuditLog({ folder: join(ground.paths.home, "audit"), clock: ground.clock });
  const server = await openDoors(ground, wired, { ...options, audit });
  tellThatReady(ground);
  const chains = await begin(ground, wired);
  const { paths, halt } = ground;
  const stop = () => end(ground, wired, { ...beside, audit, server, chains });
  return { paths, stopped: halt.promise, stop };
}

function tellThatReady({ log, paths, tag, computer }: Ground): void {
  log.info({ home: paths.home, tag, qemu: computer.features.version }, "lodged is ready");
  tellReady().catch((error: unknown) =>
    log.warn({ err: error }, "systemd was not told that lodged is ready"),
  );
}

/** What is done once whoever asks is answered: other hosts are watched, guests brought back, chains of disks kept short. */
async function begin({ membership, engine, log }: Ground, wired: Wired): Promise<AbortController> {
  const { availability, domain, placement, evacuation, balance } = wired;
  if (membership)
    await availability?.begin({
      fleet: domain.fleet,
      engine,
      start: domain.operations.start,
      members: membership.members,
      board: () => placement.boards.current(),
      policy: async () => (await placement.placer.settings()).policy,
      closeReplica: domain.replicating.close,
      bring: domain.bring,
    });
  evacuation?.returns.open();
  balance?.open();
  const chains = domain.keepShort();
  domain.desktops
    .open()
    .catch((error: unknown) => log.error({ err: error }, "desktops are not looked after"));
  domain.bringBack().catch((error: unknown) => log.error({ err: error }, "guests were not brought back"));
  return chains;
}

interface Running extends Awaited<ReturnType<typeof takeUp>> {
  readonly audit: AuditLog;
  readonly server: Server;
  readonly chains: AbortController;
}

/** Doors first, then what changes records, then what only reads them; guests run on. */
async function end(ground: Ground, wired: Wired, running: Running): Promise<void> {
  const { membership, engine, spanning, views, store, release, halt } = ground;
  const { availability, domain, evacuation, balance, cluster } = wired;
  running.leaving.abort();
  domain.moving.between.kept.close();
  domain.moving.between.visits.close();
  await domain.replicating.shut();
  evacuation?.returns.close();
  balance?.close();
  await running.server.close();
  await cluster.close();
  membership?.close();
  await domain.recordings.close();
  running.audit.close();
  running.relief.abort();
  running.chains.abort();
  running.shortLogs.abort();
  clearInterval(running.givingBack);
  await domain.usage.close();
  // Before the engine halts: what it awaits of operations would never come.
  await domain.desktops.close();
  await domain.upkeep.close();
  domain.uploads.close();
  await domain.webhooks.close();
  engine.halt();
  await availability?.close();
  domain.fleet.close();
  spanning?.close();
  views.close();
  await store.close();
  release();
  halt.resolve("asked");
}
