/** Changes what can be changed at once; processors and memory only of a guest that is stopped. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { mergeLimits } from "#contract/limits";
import { setBalloon } from "#hypervisor/qemu/balloon";
import { plugCpus } from "#hypervisor/qemu/plug-cpu";
import { bootFrom } from "#hypervisor/qemu/plug";
import { toChange } from "./demands.ts";
import type { Fleet } from "./fleet.ts";
import { hasBalloon, leastTarget } from "./balloon.ts";
import { applyLimits, requireKept } from "./limits.ts";
import type { LiveGuest } from "./live.ts";
import { placeOf } from "./new-disks.ts";
import {
  bootOrder,
  guestById,
  guestKey,
  guestNameKey,
  toGuest,
  type GuestRecord,
  type Match,
} from "./record.ts";
import { requireAction } from "./state.ts";

type Body = Schemas["GuestUpdate"];

/** @throws LodgeError guest.wrong_state, guest.name_taken, network.port_in_use; what `match` throws */
export async function updateGuest(
  fleet: Fleet,
  ref: string,
  body: Body,
  match?: Match,
): Promise<Schemas["Guest"]> {
  const { store, networks } = fleet.parts;
  const record = await guestById(store, ref);
  const target = targetOf(record, body);
  const plugs = canPlug(record, body);
  const resizes = (body.cpus !== undefined && !plugs) || (body.memory !== undefined && target === undefined);
  requireAction(record, resizes ? "resize" : "update");
  if (body.memory !== undefined && body.memory % 1048576 !== 0) {
    throw new LodgeError("api.invalid", { field: "memory", reason: "it is not a whole number of MiB" });
  }
  if (body.publish) await networks.requirePortsFree(body.publish, record.id);
  const demand = target === undefined && toChange(record, { ...record, ...sized(body) });
  const write = async () => {
    if (plugs) await plugCpus(fleet.require(record.id).monitor, body.cpus!);
    return change(fleet, record, body, match, target);
  };
  const changed = demand ? await fleet.parts.pass(demand, write) : await write();
  if (body.name !== undefined && body.name !== record.name && fleet.get(record.id))
    await networks.attach(changed);
  if (body.publish) await networks.refreshPublishes(changed);
  // Rules may speak of it by name or label.
  if (body.name !== undefined || body.labels) await networks.guard.refresh();
  if (body.boot !== undefined) await applyBootOrder(fleet, changed);
  const live = fleet.get(record.id);
  if (live && (body.limits || plugs)) await applyLimits(fleet.parts, live, changed);
  if (live && plugs) await takeIntoUse(live, changed.cpus);
  if (live && target !== undefined) await setBalloon(live.monitor, target);
  return toGuest(changed);
}

/** A guest that runs starts from there when it reboots itself; one that rests is started so. */
async function applyBootOrder(fleet: Fleet, record: GuestRecord): Promise<void> {
  const live = fleet.get(record.id);
  if (!live) return;
  const disks = record.disks.map(({ id }) => ({ id, place: placeOf(id) }));
  const drives = record.drives.map(({ id }) => id);
  await bootFrom(live.monitor, { disks, drives }, bootOrder(record));
}

/**
 * Memory that a guest which runs is to get along with: up to what its machine has, by its balloon.
 *
 * @throws LodgeError api.invalid, where that is too little to live on
 */
function targetOf(record: GuestRecord, { cpus, memory }: Body): number | undefined {
  if (memory === undefined || cpus !== undefined || memory > record.memory) return undefined;
  if (record.state !== "running" || !hasBalloon(record)) return undefined;
  const least = leastTarget(record.memory);
  if (memory >= least) return memory;
  const reason = `a guest that runs keeps a quarter of its memory, ${Math.ceil(least / 2 ** 20)} MiB`;
  throw new LodgeError("api.invalid", { field: "memory", reason });
}

/** `target`: of a guest that goes on with the machine it has. */
function targeted(record: GuestRecord, before: GuestRecord, target: number | undefined): GuestRecord {
  const { memoryTarget: _, ...rest } = record;
  if (target === undefined) return record.memory === before.memory ? record : rest;
  const machine = { ...rest, memory: before.memory };
  return target === before.memory ? machine : { ...machine, memoryTarget: target };
}

/** Are these processors that can be plugged into it while it runs? */
const canPlug = ({ state, cpus, machine }: GuestRecord, body: Body): boolean =>
  state === "running" &&
  body.cpus !== undefined &&
  body.memory === undefined &&
  body.cpus >= cpus &&
  body.cpus <= (machine.maxCpus ?? cpus);

/** Linux lets a new processor lie until somebody switches it on. A guest without an agent has its own way, or none. */
async function takeIntoUse(live: LiveGuest, cpus: number): Promise<void> {
  // Its kernel hears of one some moments later.
  const script = `i=0
    until [ "$(grep -c ^processor /proc/cpuinfo)" -ge ${cpus} ] || [ $i -ge 50 ]; do
      for cpu in /sys/devices/system/cpu/cpu*/online; do echo 1 >$cpu; done
      i=$((i + 1)); sleep 0.1
    done`;
  await live.inside.run(["sh", "-c", script], { timeout: 10_000 }).catch(() => undefined);
}

/** What of a change takes more than there was. */
const sized = ({ cpus, memory, publish }: Body): Partial<GuestRecord> => ({
  ...(cpus === undefined ? {} : { cpus }),
  ...(memory === undefined ? {} : { memory }),
  ...(publish === undefined ? {} : { publish }),
});

function limited(record: GuestRecord, change: Body["limits"]): GuestRecord {
  if (!change) return record;
  const { limits: before, ...rest } = record;
  const limits = mergeLimits(before, change);
  return limits ? { ...rest, limits } : rest;
}

async function change(
  fleet: Fleet,
  record: GuestRecord,
  { limits, ...body }: Body,
  match: Match | undefined,
  target: number | undefined,
): Promise<GuestRecord> {
  const { store, groups } = fleet.parts;
  const { name = record.name } = body;
  const renamed = name !== record.name;
  for (;;) {
    const item = await store.get(guestKey(record.id));
    if (!item) throw new LodgeError("guest.not_found", { guest: record.name });
    match?.(toGuest(item.value as GuestRecord));
    const now = item.value as GuestRecord;
    const value = limited(targeted({ ...now, ...body } as GuestRecord, now, target), limits);
    if (limits) requireKept(value, groups, limits);
    const newName = guestNameKey(record.project, name);
    try {
      await store.transact({
        compare: [
          { key: item.key, revision: item.revision },
          ...(renamed ? [{ key: newName, revision: "absent" as const }] : []),
        ],
        put: [{ key: item.key, value }, ...(renamed ? [{ key: newName, value: record.id }] : [])],
        ...(renamed ? { delete: [guestNameKey(record.project, record.name)] } : {}),
      });
      return value;
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      if (renamed && (await store.get(newName))) throw new LodgeError("guest.name_taken", { name });
    }
  }
}
