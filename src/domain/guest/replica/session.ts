/**
 * One connection of a guest to its replica, at the guest's host:
 *
 *   guest's host                                the replica's
 *     │ (its epoch, in the guest's record)
 *     │ prepare ─────────────►  which files are not there yet      where all is copied anew
 *     │ (each file over a connection of its own)
 *     │ open ────────────────►  nobody writes by an earlier one; this one does
 *     │ pulse ◄─────────────►   each hears that the other is there
 *     │ (QEMU's connections, one for each disk)
 *     │ (equal: in-sync, in the guest's record)
 *     │ keep ────────────────►  what it had before it was whole goes
 */
import type { Duplex } from "node:stream";
import { newId } from "#base/ids";
import { LodgeError } from "#contract/errors";
import {
  isMirrorError,
  mirroring,
  resumeMirroring,
  beginMirroring,
  endMirroring,
} from "#hypervisor/qemu/replicate";
import { activeNodes } from "../freeze.ts";
import type { Fleet } from "../fleet.ts";
import type { LiveGuest } from "../live.ts";
import { packCargo, type Cargo } from "../migrate/cargo.ts";
import { laneName } from "../migrate/destination.ts";
import { sendFiles } from "../migrate/send-files.ts";
import { guestPlace } from "../place.ts";
import { guestById, onLayers, writtenLayers, type GuestRecord } from "../record.ts";
import { changeReplica, type Told } from "./change.ts";
import { pulse, watchPulse } from "./echo.ts";
import type { Gate } from "./gate.ts";
import type { CopyHost } from "./hosts.ts";
import {
  fellBehind,
  opened,
  openingOf,
  sameLayers,
  synced,
  torn,
  type ReplicaRecord,
  type Written,
} from "./record.ts";

export interface SessionParts {
  readonly fleet: Fleet;
  readonly far: CopyHost;
  readonly gate: Gate;
  readonly live: LiveGuest;
  readonly told: Told;
}

/** Milliseconds between looks at how it stands, and between notes of how far it is behind. */
const look = 250;
const noteEvery = 2000;
/** Milliseconds for one that was in sync to be so again before the guest's record says otherwise. */
export const grace = 2000;

/** Goes on until it is cut, the guest's disks are others, or its signal is aborted: always by what it throws. */
export async function session(parts: SessionParts, guest: string, signal: AbortSignal): Promise<never> {
  const { fleet, live, gate, told } = parts;
  const { store } = fleet.parts;
  const over = new AbortController();
  const end = AbortSignal.any([signal, over.signal, live.gone]);
  const streams = new Set<Duplex>();
  const cut = (why: LodgeError) => over.abort(why);
  let isEqual = false;
  const unheard = live.monitor.onEvent(({ event, data }) => {
    // Until it is equal it may be tried before QEMU has its connection again: then it is tried again.
    if (isEqual && isMirrorError(event, data))
      cut(new LodgeError("replica.behind", { guest, host: parts.far.name, reason: "a write failed there" }));
  });
  const beating: NodeJS.Timeout[] = [];
  try {
    const { replica, how, tops } = await open(parts, guest, end);
    isEqual = replica.state === "in-sync";
    const quick = isEqual ? AbortSignal.any([end, AbortSignal.timeout(grace)]) : end;
    const gone = () => cut(new LodgeError("replica.cut", { guest, host: parts.far.name }));
    const connect = async (name: string) => {
      const stream = await parts.far.connect(guest, name, quick);
      streams.add(stream);
      stream.once("close", gone);
      return stream;
    };
    if (how === "anew") await sendAll(parts, guest, { tops, epoch: replica.epoch }, end);
    const kept = await parts.far.open(guest, { epoch: replica.epoch, how, tops }, quick);
    if (kept.torn) {
      await changeReplica(store, guest, told, (now) => torn(now, fleet.now(), kept));
      throw new LodgeError("replica.torn", { guest });
    }
    const beat = await connect("pulse");
    watchPulse(beat, gone, () => undefined);
    beating.push(setInterval(() => beat.writable && beat.write("."), pulse.every));
    beat.write(".");
    gate.lead(() => connect("disks"));
    if (how === "anew") await begin(parts, guest, live);
    return await follow(parts, guest, { replica, end, onEqual: () => void (isEqual = true) });
  } catch (error) {
    throw end.aborted && !signal.aborted ? (over.signal.reason ?? error) : error;
  } finally {
    unheard();
    for (const timer of beating) clearInterval(timer);
    gate.shut();
    for (const stream of streams) stream.destroy();
  }
}

/** Decides how to go on, and writes it into the guest's record before anything is asked of the other host. */
async function open(
  { fleet, live, told, far }: SessionParts,
  guest: string,
  signal: AbortSignal,
): Promise<{ replica: ReplicaRecord; how: ReturnType<typeof openingOf>; tops: Written }> {
  const { store } = fleet.parts;
  signal.throwIfAborted();
  const record = await guestById(store, guest);
  const source = writtenLayers(record);
  const disks = Object.keys(source);
  const now = await mirroring(live.monitor, disks);
  const at = fleet.now();
  let found: { how: ReturnType<typeof openingOf>; tops: Written } | undefined;
  const replica = await changeReplica(store, guest, told, (before) => {
    const stale = before.state === "in-sync" && (!now || now.halted);
    const known = stale ? fellBehind(before, at, "the guest went on without it") : before;
    const how = openingOf(known, source, now !== undefined);
    const tops = how === "on" ? known.tops! : Object.fromEntries(disks.map((id) => [id, newId("l")]));
    found = { how, tops };
    return opened(known, how, { at, source, tops });
  });
  if (!replica || !found) throw new LodgeError("replica.none", { guest });
  if (replica.to !== far.id) throw new LodgeError("replica.cut", { guest, host: far.name });
  if (found.how === "anew") await endMirroring(live.monitor, disks);
  return { replica, ...found };
}

async function sendAll(
  { fleet, far }: SessionParts,
  guest: string,
  { tops, epoch }: { readonly tops: Written; readonly epoch: number },
  signal: AbortSignal,
): Promise<void> {
  const cargo = await cargoOf(fleet, await guestById(fleet.parts.store, guest), tops);
  const files = await far.prepare(guest, { epoch, cargo }, signal);
  const destination = {
    connect: (_: string, lane: Parameters<typeof laneName>[0]) => far.connect(guest, laneName(lane), signal),
  };
  await sendFiles({ fleet, cargo, destination, move: guest, files }, { signal, progress: () => undefined });
}

/** What the other host is to have: the same files below, and in the place of those that the guest writes to others of its own. */
export async function cargoOf(fleet: Fleet, record: GuestRecord, tops: Written): Promise<Cargo> {
  // It has files of its own for all of it, in whatever pool: none of it is taken where it is.
  const cargo = await packCargo(fleet.parts, record, async () => []);
  const idOf = new Map(Object.entries(writtenLayers(record)).map(([what, layer]) => [layer, tops[what]]));
  const layers = cargo.layers.map(({ shared: _, common: _common, ...packed }) => {
    const id = packed.written ? idOf.get(packed.layer.id) : undefined;
    return id === undefined ? packed : { ...packed, layer: { ...packed.layer, id } };
  });
  const formats = new Map(record.disks.map(({ id, format }) => [id, format]));
  const named = Object.entries(tops).map(
    ([what, id]) => [what, { id, format: formats.get(what) ?? "qcow2" }] as const,
  );
  return { ...cargo, guest: onLayers(record, Object.fromEntries(named)), layers, live: true, files: [] };
}

async function begin({ fleet }: SessionParts, guest: string, live: LiveGuest): Promise<void> {
  const { replica } = guestPlace(fleet.parts.places, guest);
  const nodes = await activeNodes(live.monitor);
  const disks = [...nodes].map(([id, { node }]) => ({ id, node }));
  await beginMirroring(live.monitor, disks, replica);
}

async function follow(
  { fleet, live, far, told }: SessionParts,
  guest: string,
  how: { readonly replica: ReplicaRecord; readonly end: AbortSignal; readonly onEqual: () => void },
): Promise<never> {
  const { store, clock } = fleet.parts;
  const { end, onEqual } = how;
  const { epoch, source, tops } = how.replica;
  const disks = Object.keys(source!);
  let noted = 0;
  for (;;) {
    end.throwIfAborted();
    const record = await guestById(store, guest);
    if (record.replica?.epoch !== epoch || !sameLayers(source, writtenLayers(record)))
      throw new LodgeError("replica.behind", { guest, host: far.name, reason: "its disks are others now" });
    const now = await mirroring(live.monitor, disks);
    if (!now)
      throw new LodgeError("replica.behind", { guest, host: far.name, reason: "it is not copied any more" });
    const isEqual = record.replica.state === "in-sync";
    if (now.halted) await resumeMirroring(live.monitor, disks);
    else if (now.equal && !isEqual) {
      onEqual();
      await changeReplica(store, guest, told, (before) =>
        before.epoch === epoch ? synced(before, fleet.now()) : before,
      );
      const after = await mirroring(live.monitor, disks);
      if (!after || after.halted)
        throw new LodgeError("replica.behind", { guest, host: far.name, reason: "a write failed there" });
      await far.keep(guest, { epoch, tops: tops! }, end);
    } else if (!isEqual && clock.now() - noted >= noteEvery) {
      noted = clock.now();
      await changeReplica(store, guest, told, (before) =>
        before.epoch === epoch ? { ...before, behind: now.left } : before,
      );
    }
    await clock.sleep(isEqual ? 4 * look : look, end);
  }
}
