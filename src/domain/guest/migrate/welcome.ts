/** A guest that has become this host's goes on here. */
import { throttleDisks } from "../limits.ts";
import { goOnHere } from "#hypervisor/qemu/migrate/receive";
import { update } from "#durable/store/update";
import type { Fleet } from "../fleet.ts";
import { enterGroup } from "../launch.ts";
import type { LiveGuest } from "../live.ts";
import { activeNodes } from "../freeze.ts";
import { guestKey, helpersOf, listGuests, writtenLayers, type GuestRecord } from "../record.ts";
import { heldLayers, snapshotsOf } from "../snapshot/record.ts";
import { nameHere } from "./unpack.ts";

/**
 * Lets it go on, where it ran, and forgets that it came. Idempotent: also for who finds one that an earlier daemon left.
 * @param on called once it runs
 */
export async function welcome(
  fleet: Fleet,
  record: GuestRecord,
  on: () => void = () => undefined,
): Promise<void> {
  const { store, networks } = fleet.parts;
  const { id, arriving } = record;
  if (!arriving) return;
  const live = fleet.get(id);
  if (live && arriving.live) {
    // What is meant for it comes here from now on.
    const placed = networks.arrived(record);
    placed.catch(() => undefined);
    await goOnHere(live.monitor, arriving.runs, await toTake(fleet, record, live));
    on();
    live.settle();
    await placed;
  }
  if (arriving.inPlace) {
    const held = (await snapshotsOf(store, id)).map(heldLayers);
    await nameHere(
      fleet.parts,
      [writtenLayers(record), ...held].flatMap((of) => Object.values(of)),
    );
  }
  await update<GuestRecord>(store, guestKey(id), (now) => {
    if (!now?.arriving) return now;
    const { arriving: _, ...rest } = now;
    // A daemon that found it standing still took that for its user's wish.
    return live && arriving.live ? { ...rest, state: arriving.runs ? "running" : "paused" } : rest;
  });
  if (!live) return;
  // What was changed of it while it was on its way.
  await networks.attach(record);
  if (record.process) {
    const pids = [record.process, ...helpersOf(record.process)].map(({ pid }) => pid);
    enterGroup(fleet.parts, record, { ...record.process, pids });
  }
  if (record.limits) await throttleDisks(live, record);
}

/** The nodes that QEMU takes over as it goes on, which reads headers again for it; undefined: all are its own already. */
async function toTake(
  { parts }: Fleet,
  record: GuestRecord,
  { monitor }: LiveGuest,
): Promise<string[] | undefined> {
  if (!record.arriving?.inPlace) return undefined;
  await nameHere(parts, Object.values(writtenLayers(record)));
  return [...(await activeNodes(monitor)).values()].map(({ node }) => node);
}

/** Those that an earlier daemon left on their way: to be called once guests are adopted. */
export async function welcomeAll(fleet: Fleet): Promise<void> {
  for (const record of await listGuests(fleet.parts.store)) if (record.arriving) await welcome(fleet, record);
}
