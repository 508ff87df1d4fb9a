/**
 * Moves a guest to another host: what its source does. (The target's part: arrive.ts; what both say: conversation.ts.)
 *
 *   look ──► prepare ─────────────────► send ──────────────────────────► leave
 *    what     the target gets what it    memory and disks, until the      its QEMU ends, its files go
 *    blocks   lacks of its files, and    guest stands still at both
 *             a QEMU waits there         ends; then the commit
 *     any failure before the commit: the guest goes on here, and the target takes away what came
 *
 * The commit moves all of the guest's records and ends the move's own, in one transaction (commit-move.ts). Who does not know
 * whether it happened ends the move and then reads whose the guest is (move-record.ts), before it lets anything go on.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { Transaction } from "#durable/store/store";
import { followsFirst, type DiskOut } from "#hypervisor/qemu/migrate/disks-out";
import { dropKey } from "#hypervisor/qemu/migrate/one-time-key";
import {
  defaultDowntime,
  sendMachine,
  takeBack,
  type SendProgress,
  type Sent,
} from "#hypervisor/qemu/migrate/send";
import { noFlows, type GuestFlows } from "../../network/networks.ts";
import type { DestroyParts } from "../destroy.ts";
import { activeNodes } from "../freeze.ts";
import type { LiveGuest } from "../live.ts";
import { guestPlace } from "../place.ts";
import { layerById, layerKey, type Layer } from "../../volume/layer.ts";
import { unlinkLayer } from "../../volume/stored.ts";
import { guestById, guestKey, nvramId, writtenLayers, type GuestRecord } from "../record.ts";
import { requireAction } from "../state.ts";
import { packCargo, standIn, type Cargo } from "./cargo.ts";
import { handOver } from "./commit-move.ts";
import { Conversation } from "./conversation.ts";
import type { Destination, Destinations } from "./destination.ts";
import { DirectWay } from "./direct.ts";
import { leaveHost } from "./leave.ts";
import { endMove, moveKey, type MoveRecord } from "./move-record.ts";
import { blockersHere, type Blocker } from "./preflight.ts";
import { sendFiles } from "./send-files.ts";
import { tellProgress } from "./tell-progress.ts";
import { openWay } from "./way-out.ts";

export interface DepartInput {
  readonly guest: string;
  /** A host's id. */
  readonly to: string;
  /** Bytes a second. */
  readonly bandwidth?: number;
  /** Milliseconds for which it may stand still. */
  readonly downtime?: number;
}

interface State {
  readonly record: GuestRecord;
  /** It ran when it was looked at. */
  readonly running: boolean;
  /** Its QEMU sends what it writes to, for which there is an empty file at the target: without that QEMU it does not go. */
  readonly live: boolean;
  readonly result: Omit<MoveResult, "host">;
  /** Layers that it alone stands on, in pools that other hosts may have. */
  readonly own: readonly Pick<Layer, "id" | "path">[];
}

export interface MoveResult {
  /** By its name. */
  readonly host: string;
  /** Milliseconds for which its processors stood still; absent of a guest at rest. */
  readonly pause?: number;
  /** Bytes of memory that went over the wire. */
  readonly transferred?: number;
}

export interface DepartParts extends DestroyParts {
  /** Undefined: this host is alone. */
  readonly destinations: () => Destinations | undefined;
  /** QMP commands that this host's QEMU knows. */
  readonly commands: readonly string[];
}

type Context = StepContext<DepartInput, State>;

/** Milliseconds for which the target's word is waited for that it goes on there; it does in any case. */
const lastWord = 5000;

/** Milliseconds for which a guest stands still for a target that says nothing; then it goes on here. */
const longestStandstill = 20_000;

/** @throws LodgeError move.alone, cluster.host_not_found, move.same_host */
export function destinationOf({ destinations }: DepartParts, guest: string, host: string): Destination {
  const hosts = destinations();
  if (!hosts) throw new LodgeError("move.alone");
  const found = hosts.find(host);
  if (found.id === hosts.self) throw new LodgeError("move.same_host", { guest, host: found.name });
  return found;
}

/** All that stands in the way of a guest's going there. */
export async function lookAhead(
  { fleet, layerRoots }: DepartParts,
  guest: GuestRecord,
  destination: Destination,
  signal: AbortSignal,
): Promise<{ readonly cargo: Cargo; readonly blockers: readonly Blocker[]; readonly bytes: number }> {
  const cargo = await packCargo(fleet.parts, guest, layerRoots);
  const { blockers, bytes, inPlace = [] } = await destination.look(cargo, signal);
  const stuck = fleet.get(guest.id)?.stuck !== undefined;
  const own = guest.replica?.to === destination.id ? [itsReplica(guest.name)] : [];
  return { cargo, blockers: [...own, ...blockersHere(cargo, { stuck, inPlace }), ...blockers], bytes };
}

const itsReplica = (guest: string): Blocker => ({
  what: "replica",
  reason: "its replica is there",
  fix: `Take that away first with 'lodge replica rm ${guest}', or choose another host.`,
});

export function defineDepart(parts: DepartParts) {
  const { fleet } = parts;
  const { store, places, events, networks } = fleet.parts;
  const talks = new Map<string, Conversation>();
  const direct = new Map<string, DirectWay>();

  return defineOperation<DepartInput, State, MoveResult>({
    kind: "guest.move",
    steps: [
      { name: "look", do: look },
      { name: "prepare", do: prepare, undo: giveUp },
      { name: "send", commitPoint: true, do: send, undo: giveUp },
      { name: "leave", do: leave },
    ],
    result: ({ input, state }) => ({ host: nameOf(input.to), ...state.result }),
  });

  function nameOf(host: string): string {
    try {
      return parts.destinations()!.find(host).name;
    } catch {
      return host;
    }
  }

  async function look({ input, signal }: Context): Promise<Pick<State, "record" | "running">> {
    const record = await guestById(store, input.guest);
    requireAction(record, "move");
    fleet.get(record.id)?.requireTpm(record.name);
    const destination = destinationOf(parts, record.name, input.to);
    const { blockers } = await lookAhead(parts, record, destination, signal);
    requireClear(record, destination, blockers);
    return { record, running: record.state === "running" };
  }

  async function prepare(context: Context): Promise<void> {
    const { operationId: id, input, signal, save } = context;
    const destination = parts.destinations()!.find(input.to);
    const record = await guestById(store, input.guest);
    const cargo = await packCargo(fleet.parts, record, parts.layerRoots);
    const move: MoveRecord = {
      id,
      guest: record.id,
      from: parts.destinations()!.self,
      to: destination.id,
      phase: "prepares",
      layers: [
        ...cargo.layers.map(({ layer }) => layer.id),
        ...cargo.images.map((image) => standIn(image.id)),
      ],
    };
    const shared = cargo.layers.filter((one) => one.shared);
    const own = shared.filter(({ common }) => !common).map(({ layer: { id, path } }) => ({ id, path }));
    // Whoever lets go of one of them from now on asks whether the other host has it.
    const put = shared.map(({ layer }) => ({
      key: layerKey(layer.id),
      value: { ...layer, elsewhere: true },
    }));
    await save({ live: cargo.live, own }, { put: [{ key: moveKey(id), value: move }, ...put] });
    await destination.begin({ move: id, cargo }, signal);
    const talk = new Conversation(await destination.connect(id, { kind: "talk" }, signal));
    talks.set(id, talk);
    const { files, direct: offer } = await talk.hear("wants", signal);
    const way = offer && (await DirectWay.find(destination.address, offer));
    if (way) direct.set(id, way);
    await sendFiles({ fleet, cargo, destination, move: id, files }, context);
    talk.say({ say: "sent", ...(way ? { direct: true } : {}) });
    const ready = await talk.hear("ready", signal);
    if (way && !ready.direct) forgetWay(id);
  }

  function forgetWay(id: string): void {
    direct.get(id)?.cut();
    direct.delete(id);
  }

  async function send(context: Context): Promise<Partial<State>> {
    const { operationId: id, input, state, signal } = context;
    // It was committed before, by a daemon that ended then.
    if (!(await store.get(guestKey(input.guest)))) return {};
    const talk = talks.get(id);
    if (!talk) throw new LodgeError("move.cut");
    // What was made ready there is for a guest that is what this one was: one that has ended since is here, with all it wrote.
    const live = state.live ? fleet.require(input.guest) : undefined;
    if (!live) {
      await handGuestOver(context);
      return { result: {} };
    }
    const late = new AbortController();
    const over = AbortSignal.any([signal, talk.broken, late.signal]);
    let standing: NodeJS.Timeout | undefined;
    let drawn: Promise<Transaction> | undefined;
    const onStandstill = () => {
      // Read while the last of it is on its way: the guest does not wait for it then.
      drawn = drawCommit(context);
      drawn.catch(() => undefined);
      const longest = Math.max(longestStandstill, 2 * (input.downtime ?? 0));
      standing = setTimeout(() => late.abort(new LodgeError("move.cut")), longest);
    };
    try {
      const sent = await sendLive(context, live, { talk, over, onStandstill });
      await handGuestOver(context, drawn);
      const { transferred, stoppedAt } = sent;
      return { result: { transferred, ...(await pauseSince(stoppedAt, talk)) } };
    } catch (error) {
      // What the other end failed with says more than that the connection was cut for it.
      signal.throwIfAborted();
      throw talk.broken.aborted ? talk.broken.reason : error;
    } finally {
      clearTimeout(standing);
    }
  }

  async function sendLive(
    { operationId: id, input, progress }: Context,
    live: LiveGuest,
    how: { readonly talk: Conversation; readonly over: AbortSignal; readonly onStandstill: () => void },
  ): Promise<Sent> {
    const { talk, over, onStandstill } = how;
    const destination = parts.destinations()!.find(input.to);
    const place = guestPlace(places, input.guest);
    const record = await guestById(store, input.guest);
    let flows: Promise<GuestFlows> = Promise.resolve(noFlows);
    await using way = await openWay(live, place, direct.get(id), { destination, move: id, signal: over });
    const sent = await sendMachine(live.monitor, {
      ...way.ways,
      disks: await disksOf(live, record, await takenInPlace(id)),
      running: record.state === "running",
      followFirst: followsFirst(parts.commands),
      ...(input.bandwidth === undefined ? {} : { bandwidth: input.bandwidth }),
      downtime: input.downtime ?? defaultDowntime,
      signal: over,
      onProgress: (now: SendProgress) => progress(tellProgress(now)),
      onStandstill() {
        onStandstill();
        // From here on none begins. Those through this host end where they cannot be told; the guest moves all the same.
        flows = networks.flowsOf(record).catch(() => noFlows);
      },
      async disksSent() {
        talk.say({ say: "disks" });
        talk.say({ say: "flows", flows: await flows });
      },
    });
    // Until then some of what QEMU has sent is still on its way through here.
    await talk.hear("came", over);
    return sent;
  }

  async function takenInPlace(id: string): Promise<readonly string[]> {
    return ((await store.get(moveKey(id)))?.value as MoveRecord | undefined)?.inPlace ?? [];
  }

  /** The guest may be renamed, say, while it moves: what it is then goes along. */
  async function handGuestOver(context: Context, drawn = drawCommit(context)): Promise<void> {
    for (let next = drawn; ; next = drawCommit(context)) {
      try {
        return await context.commit(await next);
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  async function drawCommit({ operationId: id, input: { guest }, state }: Context): Promise<Transaction> {
    const own = (state.own ?? []).map((layer) => layer.id);
    const [item, move] = await Promise.all([store.get(guestKey(guest)), store.get(moveKey(id))]);
    const target = (move?.value as MoveRecord | undefined)?.target;
    if (item && move && target) return handOver(store, item, move, { target, own });
    throw new LodgeError("move.given_up", { guest: (item?.value as GuestRecord | undefined)?.name ?? guest });
  }

  async function leave({ operationId: id, input, state }: Context): Promise<void> {
    talks.get(id)?.close();
    talks.delete(id);
    forgetWay(id);
    const record = state.record!;
    // One that is here came back: all this was done before, and could not be written down.
    if (await store.get(guestKey(input.guest))) return;
    await leaveWithLinks(state);
    const host = nameOf(input.to);
    events.append({ kind: "guest.moved", guest: record, message: `${record.name} is on ${host}` });
  }

  /** Its layers in pools that the other host has, too, are that one's: here they were links. */
  async function leaveWithLinks({ record, own = [] }: Context["state"]): Promise<void> {
    await leaveHost(parts, record!, record!.process);
    for (const { id, path } of own) if (!(await store.get(layerKey(id)))) await unlinkLayer(path);
  }

  /** The guest goes on here, unless it is found to be the other host's already. */
  async function giveUp({ operationId: id, input, state }: Context): Promise<void> {
    const talk = talks.get(id);
    talks.delete(id);
    talk?.close();
    forgetWay(id);
    const isHere = await endMove(store, id, input.guest);
    if (!isHere) return leaveWithLinks(state);
    const live = fleet.get(input.guest);
    if (!live) return;
    await reclaimFiles(input.guest);
    const running = state.running === true && live.stuck === undefined;
    await takeBack(live.monitor, { disks: state.record!.disks.map((disk) => disk.id), running });
    await dropKey(live.monitor, guestPlace(places, live.id).run);
    if (running && (await guestById(store, input.guest)).state === "paused")
      await fleet.become(live.id, "running");
  }

  /** What it writes to in a pool that both hosts have was given to the target's user. */
  async function reclaimFiles(guest: string): Promise<void> {
    const { cells } = fleet.parts;
    for (const id of Object.values(writtenLayers(await guestById(store, guest)))) {
      const { path, elsewhere } = await layerById(store, id);
      if (elsewhere) await cells?.giveTo(guest, path, 0);
    }
  }
}

/** The nodes that it writes to now, and that are to be copied. What UEFI keeps, QEMU brings itself. */
async function disksOf(live: LiveGuest, guest: GuestRecord, inPlace: readonly string[]): Promise<DiskOut[]> {
  const written = writtenLayers(guest);
  const nodes = await activeNodes(live.monitor);
  return [...nodes]
    .filter(([id]) => id !== nvramId && !inPlace.includes(written[id] ?? ""))
    .map(([id, { node }]) => ({ id, node }));
}

/** Milliseconds from its stop here to its going on there, by this host's clock. */
async function pauseSince(
  stoppedAt: number | undefined,
  talk: Conversation,
): Promise<{ readonly pause?: number }> {
  if (stoppedAt === undefined) return {};
  try {
    await talk.hear("on", AbortSignal.timeout(lastWord));
    return { pause: Math.max(0, Math.round(Date.now() - stoppedAt)) };
  } catch {
    return {};
  }
}

/** @throws LodgeError move.blocked, by the first of them */
export function requireClear(
  guest: GuestRecord,
  { name }: Pick<Destination, "name">,
  blockers: readonly Blocker[],
): void {
  const [first, ...others] = blockers;
  if (!first) return;
  const detail = others.map(({ reason, fix }) => `Besides, ${reason}. ${fix}`).join("\n");
  const options = detail === "" ? {} : { detail };
  throw new LodgeError(
    "move.blocked",
    { guest: guest.name, host: name, reason: first.reason, fix: first.fix },
    options,
  );
}
