/** Changes what can be changed at once; processors and memory of a guest that runs only as far as it has room for them. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { mergeLimits } from "#contract/limits";
import { plugCpus } from "#hypervisor/qemu/plug-cpu";
import { bootFrom } from "#hypervisor/qemu/plug";
import { toChange } from "./demands.ts";
import type { Fleet } from "./fleet.ts";
import { holdLive, requireAvailable } from "./ha.ts";
import { applyLimits, requireKept } from "./limits.ts";
import type { LiveGuest } from "./live.ts";
import { placeOf } from "./new-disks.ts";
import { askFor, canAsk } from "./plug-memory.ts";
import { asked, resized } from "./plugged.ts";
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

export interface UpdateParts {
  readonly fleet: Fleet;
  /** Has the host so many bytes of memory more for it? @throws LodgeError guest.memory_unavailable */
  readonly requireMore: (record: GuestRecord, bytes: number) => Promise<void>;
}

/** @throws LodgeError guest.wrong_state, guest.name_taken, network.port_in_use; what `match` throws */
export async function updateGuest(
  { fleet, requireMore }: UpdateParts,
  ref: string,
  body: Body,
  match?: Match,
): Promise<Schemas["Guest"]> {
  const { store, networks } = fleet.parts;
  const record = await guestById(store, ref);
  howToChange(record, body);
  if (body.publish) await networks.requirePortsFree(body.publish, record.id);
  if (body.ha) await beginAvailable(fleet, record);
  // Others may have changed it since, or started it: what is asked for more is worked out when it is its turn.
  const demand = async () => {
    const now = await guestById(store, record.id);
    return toChange(now, { ...now, ...sized(body) });
  };
  const write = async () => {
    const now = await guestById(store, record.id);
    const how = howToChange(now, body);
    const more = (body.memory ?? 0) - now.memory;
    if (how.asks && more > 0) await requireMore(now, more);
    if (how.plugs) await plugCpus(fleet.require(now.id).monitor, body.cpus!);
    return { ...how, changed: await change(fleet, now, body, match, how.asks) };
  };
  const grows = Object.keys(sized(body)).length > 0;
  const { changed, asks, plugs } = grows ? await fleet.parts.pass(demand, write) : await write();
  if (body.name !== undefined && body.name !== record.name && fleet.get(record.id))
    await networks.attach(changed);
  if (body.publish) await networks.refreshPublishes(changed);
  // Rules may speak of it by name or label.
  if (body.name !== undefined || body.labels) await networks.guard.refresh();
  if (body.boot !== undefined) await applyBootOrder(fleet, changed);
  if (body.ha === null) await fleet.parts.safeguards?.holds.release(record.id);
  const live = fleet.get(record.id);
  if (live && (body.limits || plugs)) await applyLimits(fleet.parts, live, changed);
  if (live && plugs) await takeIntoUse(live, changed.cpus);
  return toGuest(live && asks ? await askFor(fleet.parts, live) : changed);
}

/**
 * By which means it gets processors and memory while it runs.
 *
 * @throws LodgeError guest.wrong_state, where it has to rest for that; api.invalid
 */
function howToChange(record: GuestRecord, body: Body): { readonly asks: boolean; readonly plugs: boolean } {
  const { cpus, memory } = body;
  if (memory !== undefined && memory % 1048576 !== 0) {
    throw new LodgeError("api.invalid", { field: "memory", reason: "it is not a whole number of MiB" });
  }
  const asks = memory !== undefined && canAsk(record, memory);
  const plugs = cpus !== undefined && canPlug(record, cpus);
  const resizes = (cpus !== undefined && !plugs) || (memory !== undefined && !asks);
  requireAction(record, resizes ? "resize" : "update");
  return { asks, plugs };
}

/** A guest that runs starts from there when it reboots itself; one that rests is started so. */
async function applyBootOrder(fleet: Fleet, record: GuestRecord): Promise<void> {
  const live = fleet.get(record.id);
  if (!live) return;
  const disks = record.disks.map(({ id }) => ({ id, place: placeOf(id) }));
  const drives = record.drives.map(({ id }) => id);
  await bootFrom(live.monitor, { disks, drives }, bootOrder(record));
}

/** Are these processors that can be plugged into it while it runs? */
const canPlug = ({ state, cpus, machine }: GuestRecord, wanted: number): boolean =>
  state === "running" && wanted >= cpus && wanted <= (machine.maxCpus ?? cpus);

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

/** null: no wish any more. */
function wished(record: GuestRecord, placement: Body["placement"]): GuestRecord {
  if (placement === undefined) return record;
  const { placement: _, ...rest } = record;
  return placement === null ? rest : { ...rest, placement };
}

function limited(record: GuestRecord, change: Body["limits"]): GuestRecord {
  if (!change) return record;
  const { limits: before, ...rest } = record;
  const limits = mergeLimits(before, change);
  return limits ? { ...rest, limits } : rest;
}

/** @throws LodgeError guest.ha_impossible, guest.not_held */
async function beginAvailable(fleet: Fleet, record: GuestRecord): Promise<void> {
  await requireAvailable(fleet.parts, record);
  const live = fleet.get(record.id);
  // The fence watches it before anybody counts on that.
  if (live) await holdLive(fleet.parts, record, live);
}

function madeAvailable(record: GuestRecord, ha: Body["ha"]): GuestRecord {
  if (ha === undefined) return record;
  const { ha: _, ...rest } = record;
  return ha === null ? rest : { ...rest, ha };
}

/** `asks`: of a guest that goes on with the machine it has. */
function withMemory(record: GuestRecord, memory: number | undefined, asks: boolean): GuestRecord {
  if (memory === undefined) return record;
  return asks ? asked(record, memory) : resized(record, memory);
}

async function change(
  fleet: Fleet,
  record: GuestRecord,
  { limits, memory, ha, placement, ...body }: Body,
  match: Match | undefined,
  asks: boolean,
): Promise<GuestRecord> {
  const { store, groups } = fleet.parts;
  const { name = record.name } = body;
  const renamed = name !== record.name;
  for (;;) {
    const item = await store.get(guestKey(record.id));
    if (!item) throw new LodgeError("guest.not_found", { guest: record.name });
    match?.(toGuest(item.value as GuestRecord));
    const now = item.value as GuestRecord;
    const named = wished(madeAvailable({ ...now, ...body } as GuestRecord, ha), placement);
    const value = limited(withMemory(named, memory, asks), limits);
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
