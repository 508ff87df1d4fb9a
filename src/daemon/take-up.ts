/** Takes up what an earlier daemon left: guests that run, operations that were cut short; then what goes on beside them. */
import { join } from "node:path";
import { watchLogs } from "#domain/host/keep-logs";
import { collectLayers } from "#domain/volume/layer";
import { knowPools } from "#domain/volume/rbd-pool";
import { clearAway } from "#domain/cluster/failover/clear-away";
import { spreadEvents } from "#domain/cluster/spread-events";
import { isConnected } from "#domain/desktop/pools";
import { desktopPoolPrefix, listDesktops } from "#domain/desktop/record";
import { adopt } from "#domain/guest/adopt";
import { Balloons } from "#domain/guest/balloon";
import { guestTarget } from "#domain/guest/record";
import { welcomeAll } from "#domain/guest/migrate/welcome";
import { watchMemory } from "#domain/guest/relieve";
import { hasRebooted, noteBoot } from "#domain/host/boot";
import { imageFolders, sweepImages } from "#domain/image/sweep";
import { webhookPrefix } from "#domain/webhook/record";
import { readBootId } from "#hypervisor/host/boot-id";
import { followSharedChanges } from "./changes-elsewhere.ts";
import { giveMemoryBack } from "./give-back.ts";
import type { Ground } from "./ground.ts";
import { memoryIn } from "./host-memory.ts";
import { layerRoots } from "./image-guests.ts";
import type { Wired } from "./wire.ts";

export async function takeUp(ground: Ground, wired: Wired) {
  const { store, paths, key, known, engine, membership } = ground;
  const { availability, domain } = wired;
  const boot = await readBootId();
  const rebooted = await hasRebooted(store, boot);
  await knowPools(store, join(paths.home, "layers"), key);
  const records = known.left ?? [];
  known.left = undefined;
  await availability?.open(records);
  const ended = await adopt(domain.fleet, { records, rebooted });
  await noteBoot(store, boot);
  await domain.openProjects();
  await domain.templates.open();
  const folders = await imageFolders(paths.images);
  const recovered = await engine.recover();
  domain.division.resume(recovered);
  await welcomeAll(domain.fleet);
  if (membership) {
    domain.moving.offer(membership.tunnels, domain.displays);
    await domain.replicating.open(membership.tunnels);
  }
  sweepOnce(ground, Promise.all(recovered.map(({ completion }) => completion)), folders);
  await domain.uploads.open({ rebooted });
  await domain.upkeep.start();
  await domain.webhooks.open();
  await domain.recordings.open();
  // Whether they come back is in their records; what is left is whether they are removed.
  for (const record of ended) domain.settle(record, { clean: true, asked: true });
  return goOnBeside(ground, wired);
}

/** What is left of images, and of guests that others have by now: once no operation needs it. */
function sweepOnce(
  ground: Ground,
  settled: Promise<unknown>,
  folders: Awaited<ReturnType<typeof imageFolders>>,
): void {
  const { all, store, member, paths, engine, startedAt, log } = ground;
  void settled
    .then(async () => {
      await sweepImages(store, paths.images, folders);
      if (!member) return;
      const places = { guests: paths.guests, layers: join(paths.home, "layers") };
      const isBusy = (guest: string) => engine.holderOf(guestTarget(guest)) !== undefined;
      // Also of guests whose replicas were started elsewhere.
      await collectLayers(store, () => layerRoots(store));
      const gone = await clearAway({ all, host: member.host, places, before: startedAt, isBusy });
      if (gone.length > 0) log.info({ gone }, "what was left of guests that others have by now is gone");
    })
    .catch((error: unknown) => log.warn({ err: error }, "what is left of images stays for now"));
}

async function goOnBeside(ground: Ground, { domain, placement }: Wired) {
  const { all, member, access, groups, paths, logs, clock, log, events } = ground;
  const relief = watchMemory({
    fleet: domain.fleet,
    memory: memoryIn(groups),
    folder: paths.guests,
    suspend: domain.suspend,
    idle: (guest) => domain.usage.history.idle(guest, clock.now()),
    balloons: new Balloons(domain.fleet),
    release: (bytes) => domain.stock.release(bytes, "the host runs out of memory"),
    clock,
    log,
  });
  const givingBack = giveMemoryBack();
  await domain.usage.open();
  const leaving = new AbortController();
  if (member) spreadEvents({ store: all, host: member.name, events, clock, log }, leaving.signal);
  const told = {
    // Of a pool another may be entitled now.
    [desktopPoolPrefix]: () => access.changedElsewhere(),
    ...(member
      ? {
          "access/": () => access.changedElsewhere(),
          [webhookPrefix]: () => domain.webhooks.changedElsewhere(),
        }
      : {}),
  };
  followSharedChanges({ store: all, clock, log, told }, leaving.signal);
  const unasked = (provider: string, error: unknown) =>
    log.warn({ err: error, provider }, "a directory could not be asked about those who came by it");
  const present = async () => new Set((await listDesktops(all)).filter(isConnected).map(({ user }) => user));
  void access.keepRechecking(unasked, { present, signal: leaving.signal });
  await placement.open(leaving.signal);
  const shortLogs = watchLogs({ ...logs, clock });
  return { leaving, relief, givingBack, shortLogs };
}
