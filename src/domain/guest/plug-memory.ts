/** Has a guest that runs get more memory or less, and notes what has become of that. */
import { LodgeError } from "#contract/errors";
import { update } from "#durable/store/update";
import { setBalloon } from "#hypervisor/qemu/balloon";
import { isMemoryChange, pluggedMemory, requestMemory } from "#hypervisor/qemu/plug-memory";
import { hasBalloon, leastTarget } from "./balloon.ts";
import type { FleetParts } from "./fleet-view.ts";
import { groupLimits, nodeOf } from "./limits.ts";
import type { LiveGuest } from "./live.ts";
import { balloonWish, bootMemory, isPluggable, plugWish, requirePieces, withPlugged } from "./plugged.ts";
import { guestById, guestKey, type GuestRecord } from "./record.ts";

type Parts = Pick<FleetParts, "store" | "groups" | "log">;

/**
 * Can it get along with so much, or be given it, while it runs?
 *
 * @throws LodgeError api.invalid, where that is too little to live on, or no whole pieces
 */
export function canAsk(record: GuestRecord, wanted: number): boolean {
  const boot = bootMemory(record);
  const most = isPluggable(record) ? record.machine.maxMemory! : boot;
  if (record.state !== "running" || wanted > most) return false;
  if (wanted >= boot && isPluggable(record)) {
    requirePieces(record, wanted);
    return true;
  }
  if (!hasBalloon(record)) return false;
  const least = leastTarget(boot);
  if (wanted >= least) return true;
  const reason = `a guest that runs keeps a quarter of what it starts with, ${Math.ceil(least / 2 ** 20)} MiB`;
  throw new LodgeError("api.invalid", { field: "memory", reason });
}

/**
 * Asks a guest for what its record says, and lets its control group have that first.
 *
 * @returns its record, with what it has taken by now
 */
export function askFor(parts: Parts, live: LiveGuest): Promise<GuestRecord> {
  return live.memory.run(async () => {
    // Whoever came last has written last: that is what holds.
    const record = await guestById(parts.store, live.id);
    limitGroup(parts, record);
    if (hasBalloon(record)) await setBalloon(live.monitor, balloonWish(record));
    if (!isPluggable(record)) return record;
    await requestMemory(live.monitor, plugWish(record));
    return (await note(parts, live)) ?? record;
  });
}

/** Lets the guest's control group have what the guest was promised, and no more. */
function limitGroup({ groups, log }: Parts, record: GuestRecord): void {
  const { process } = record;
  try {
    groups.limit(record.id, groupLimits(record, process?.accelerator ?? "kvm", nodeOf(process)));
  } catch (error) {
    // Version 1 refuses a limit below what is in use; the next change tries again.
    log.warn({ err: error, guest: record.id }, "the limit of a guest's control group stays");
  }
}

/** Writes down how much memory a guest has taken. */
async function note(parts: Parts, live: LiveGuest): Promise<GuestRecord | undefined> {
  const plugged = await pluggedMemory(live.monitor);
  let before: GuestRecord | undefined;
  const now = await update<GuestRecord>(parts.store, guestKey(live.id), (record) => {
    before = record;
    return record?.process?.pid === live.process.pid ? withPlugged(record, plugged) : record;
  });
  if (now && now.memory !== before?.memory) limitGroup(parts, now);
  return now;
}

/**
 * Linux keeps what it may have to give back apart by the policy "auto-movable" alone, and may let new memory lie until
 * somebody switches it on (kernel's Documentation/admin-guide/mm/memory-hotplug.rst).
 */
const switchOn = `cd /sys/devices/system/memory || exit 0
  echo auto-movable >/sys/module/memory_hotplug/parameters/online_policy
  [ "$(cat auto_online_blocks)" != offline ] || echo online >auto_online_blocks
  for state in memory*/state; do
    [ "$(cat $state)" != offline ] || echo online >$state
  done`;

/** Milliseconds that a guest's agent has to answer: several times what a boot takes without KVM. */
const answerLimit = 120_000;

/** A guest without an agent has its own way, or none: then what it was given is not taken, and shown so. */
async function makeReady(live: LiveGuest): Promise<void> {
  await live.inside.answer({ timeout: answerLimit, signal: live.gone });
  await live.inside.run(["sh", "-c", switchOn], { timeout: 10_000 });
}

/** Notes what the guest has taken, now and whenever that changes. */
export function watchMemory(parts: Parts, live: LiveGuest): void {
  let waiting = false;
  let ready: Promise<void> | undefined;
  const look = () => {
    if (waiting) return;
    // Each look sees all that has changed until then.
    waiting = true;
    const looked = live.memory.run(async () => {
      waiting = false;
      const record = (await parts.store.get(guestKey(live.id)))?.value as GuestRecord | undefined;
      if (!record || !isPluggable(record)) return;
      await note(parts, live);
      ready ??= makeReady(live).catch(() => undefined);
    });
    looked.catch((error: unknown) => {
      if (!live.gone.aborted)
        parts.log.warn({ err: error, guest: live.id }, "what memory a guest has taken could not be noted");
    });
  };
  live.monitor.onEvent((event) => {
    if (isMemoryChange(event)) look();
  });
  look();
}
