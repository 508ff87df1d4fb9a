/**
 * Takes a guest that comes from another host: what the target does. (The source's part: depart.ts.)
 *
 *   files ──► machine ─────────────► arrive
 *    what      its QEMU, which       all of it comes; then the commit,
 *    is not    waits; then the       which the store tells of; then
 *    here      move is ready         it goes on
 *     any failure before the commit: nothing of it is left here
 */
import { mkdir, writeFile } from "node:fs/promises";
import { together } from "#base/together";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { follow } from "#durable/store/follow";
import type { SealKey } from "#durable/store/seal";
import { update } from "#durable/store/update";
import { seedVolume } from "#hypervisor/image/seed";
import { nodeName } from "#hypervisor/qemu/disk";
import type { Monitor } from "#hypervisor/qemu/monitor";
import { dropKey, lendKey } from "#hypervisor/qemu/migrate/one-time-key";
import type { DisksIn } from "#hypervisor/qemu/migrate/route";
import { awaitMachine, disksCame, machineCame, type Arrival } from "#hypervisor/qemu/migrate/receive";
import { lastWords } from "#hypervisor/qemu/process";
import type { DestroyParts } from "../destroy.ts";
import { openableDisk } from "../disk-plan.ts";
import { seedOf } from "../identity.ts";
import { launch } from "../launch.ts";
import type { LiveGuest } from "../live.ts";
import { hasSeed } from "../machine.ts";
import { guestPlace, type GuestPlace } from "../place.ts";
import { guestById, guestKey, type GuestRecord, type RunningProcess } from "../record.ts";
import { addressed, type Cargo } from "./cargo.ts";
import type { Conversation } from "./conversation.ts";
import { DirectBerth, type DirectOffer } from "./direct.ts";
import { LayersComing } from "./layers-coming.ts";
import { leaveHost } from "./leave.ts";
import { endMove, moveKey, type MoveRecord, type Target } from "./move-record.ts";
import { frozenLayers, layerRecords, linkThere, makeTops, plan, settle, type Unpacked } from "./unpack.ts";
import { welcome } from "./welcome.ts";

export interface ArriveInput {
  readonly move: string;
  readonly cargo: Cargo;
}

/** What the connections of a move bring. */
export interface Berth {
  /** Resolves once the source speaks. */
  readonly talk: Promise<Conversation>;
  /** Where each file that is to come is put; resolves when all are there. */
  expect(files: ReadonlyMap<string, string>): Promise<void>;
}

export interface ArriveParts extends DestroyParts {
  readonly key: SealKey;
  readonly target: (cargo: Cargo) => Promise<Target>;
  readonly mediumPath: (image: string, project: string) => Promise<string>;
  /** Sees to it that an image is here, where another host has it. */
  readonly bring?: ((image: string, project: string) => Promise<void>) | undefined;
  /** The connections of a move, while it is under way. */
  readonly berth: (move: string) => Berth;
  /** This host's IP address for the others; undefined: it is alone. */
  readonly address: () => string | undefined;
}

type Context = StepContext<ArriveInput, object>;

/** Is it here by this move? */
const isArriving = ({ arriving }: GuestRecord, move: string): boolean => arriving?.move === move;

/** Milliseconds for the source to speak, and for a machine to be loaded. */
const patience = 30_000;

/** The source, once it speaks. @throws LodgeError move.cut; the signal's reason */
export function hearTalk({ talk }: Pick<Berth, "talk">, signal: AbortSignal): Promise<Conversation> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const given = new Promise<never>((_, reject) => {
    const why = () => reject(signal.aborted ? signal.reason : new LodgeError("move.cut"));
    late.addEventListener("abort", why, { once: true });
  });
  return Promise.race([talk, given]);
}

export function defineArrive(parts: ArriveParts) {
  const { fleet } = parts;
  const { store, places, networks } = fleet.parts;
  const lives = new Map<string, { readonly live: LiveGuest; readonly disks: Arrival["disks"] }>();
  const placed = new Map<string, Unpacked["inPlace"]>();
  const coming = new LayersComing();
  const direct = new Map<string, DirectBerth>();

  return defineOperation<ArriveInput>({
    kind: "guest.arrive",
    steps: [
      { name: "files", do: (context) => telling(context, files), undo: clear },
      { name: "machine", do: (context) => telling(context, machine), undo: clear },
      { name: "arrive", do: (context) => telling(context, arrive), undo: clear },
    ],
  });

  /** The source hears why it fails here, as far as it still can. */
  async function telling(
    context: Context,
    work: (context: Context, talk: Conversation) => Promise<void>,
  ): Promise<void> {
    const talk = await hearTalk(parts.berth(context.input.move), context.signal);
    try {
      await work(context, talk);
    } catch (error) {
      talk.say({ say: "failed", problem: asLodgeError(error).toProblem() });
      throw error;
    }
  }

  async function files(context: Context, talk: Conversation): Promise<void> {
    const { cargo } = context.input;
    await bringImages(cargo, context.progress);
    const first = await plan(fleet.parts, cargo);
    const absent = frozenLayers(cargo).filter(({ id, file }) => first.wanted.has(file) || coming.has(id));
    if (absent.length === 0) return bringFiles(context, talk, first);
    const ids = absent.map(({ id }) => id);
    await coming.bring(ids, async () => {
      context.signal.throwIfAborted();
      // What another one brought meanwhile is here now.
      await bringFiles(context, talk, await plan(fleet.parts, cargo));
    });
  }

  async function bringFiles(
    { input, signal, save, progress }: Context,
    talk: Conversation,
    unpacked: Unpacked,
  ): Promise<void> {
    await mkdir(guestPlace(places, input.cargo.guest.id).folder, { recursive: true, mode: 0o700 });
    await save({}, { put: layerRecords(unpacked) });
    await linkThere(unpacked);
    placed.set(input.move, unpacked.inPlace);
    progress({ message: "its files come" });
    const all = parts.berth(input.move).expect(unpacked.wanted);
    all.catch(() => undefined);
    const copies = input.cargo.guest.disks.some(({ layer }) => !unpacked.inPlace.has(layer));
    const offer = input.cargo.live && copies ? await offerDirect(input.move) : undefined;
    talk.say({ say: "wants", files: [...unpacked.wanted.keys()], ...(offer ? { direct: offer } : {}) });
    const sent = await talk.hear("sent", signal);
    if (!sent.direct) forgetDirect(input.move);
    await all;
    await settle(fleet.parts, unpacked);
    if (!input.cargo.live) return;
    const { guest } = input.cargo;
    await together([
      makeTops(fleet.parts, input.cargo, unpacked),
      networks.attach(addressed(guest, places, {})),
    ]);
  }

  async function offerDirect(move: string): Promise<DirectOffer | undefined> {
    const address = parts.address();
    const berth = address === undefined ? undefined : await DirectBerth.open(address);
    if (berth) direct.set(move, berth);
    return berth?.offer;
  }

  function forgetDirect(move: string): void {
    direct.get(move)?.[Symbol.dispose]();
    direct.delete(move);
  }

  async function bringImages({ guest, images }: Cargo, progress: Context["progress"]): Promise<void> {
    const media = guest.drives.flatMap(({ image }) => image ?? []);
    for (const image of parts.bring ? [...images.map(({ id }) => id), ...media] : []) {
      progress({ message: `image ${image} comes` });
      await parts.bring?.(image, guest.project);
    }
  }

  async function machine({ input, signal }: Context, talk: Conversation): Promise<void> {
    const target = await parts.target(input.cargo);
    const record = recordOf(input.cargo, target);
    const inPlace = inPlaceOf(input.move);
    let process: RunningProcess | undefined;
    if (input.cargo.live) process = await startMachine(input, record, signal);
    const ready = await update<MoveRecord>(
      store,
      moveKey(input.move),
      (now) => now && { ...now, phase: "ready", target, inPlace, ...(process ? { process } : {}) },
    );
    if (!ready) throw new LodgeError("move.given_up", { guest: record.name });
    talk.say({ say: "ready", ...(direct.has(input.move) ? { direct: true } : {}) });
  }

  /** Ids of the layers that it takes where they are. */
  function inPlaceOf(move: string): string[] {
    return [...(placed.get(move)?.keys() ?? [])];
  }

  function recordOf({ guest }: Cargo, { kernel }: Target): GuestRecord {
    return addressed(guest, places, kernel ? { kernel } : {});
  }

  async function startMachine(
    { move }: ArriveInput,
    record: GuestRecord,
    signal: AbortSignal,
  ): Promise<RunningProcess> {
    const media: Record<string, string> = {};
    for (const { id, image } of record.drives)
      if (image !== undefined) media[id] = await parts.mediumPath(image, record.project);
    const place = guestPlace(places, record.id);
    if (hasSeed(record)) await writeFile(place.seed, seedVolume(seedOf(record, parts.key)), { mode: 0o600 });
    const inPlace = inPlaceOf(move);
    const copied = record.disks.filter(({ layer }) => !inPlace.includes(layer));
    const whole = inPlace.length > 0;
    const disks = await Promise.all(
      copied.map(async (disk) => ({
        id: disk.id,
        node: nodeName((await openableDisk(fleet.parts, record.id, disk, { whole })).plan),
      })),
    );
    let process: RunningProcess | undefined;
    const live = await launch(fleet.parts, record, {
      media,
      signal,
      whole,
      async awaits({ monitor }, started) {
        process = started;
        const disksIn = await wayIn(move, monitor, place);
        await awaitMachine(monitor, { socket: place.incoming, disksIn, disks, shared: whole });
      },
    });
    lives.set(move, { live, disks });
    return process!;
  }

  /** How its disks come. Without a key, since its QEMU has no TLS, they are led to it. */
  async function wayIn(move: string, monitor: Monitor, place: GuestPlace): Promise<DisksIn> {
    const berth = direct.get(move);
    if (!berth) return place.incomingDisks;
    try {
      await lendKey(monitor, { run: place.run, secret: berth.offer.secret, endpoint: "server" });
      return berth.socket;
    } catch (error) {
      if (!hasCode(error, "host.qemu_failed")) throw error;
      forgetDirect(move);
      return place.incomingDisks;
    }
  }

  async function arrive({ input, signal }: Context, talk: Conversation): Promise<void> {
    const { move, cargo } = input;
    const { id, name } = cargo.guest;
    const here = lives.get(move);
    const over = AbortSignal.any([signal, talk.broken]);
    // From now on: the guest stands still until it is heard of.
    const ending = ended(move, id, over);
    ending.catch(() => undefined);
    if (here) {
      try {
        await talk.hear("disks", signal);
        await Promise.all([
          disksCame(here.live.monitor, here.disks, inPlaceOf(move).length > 0),
          machineCame(here.live.monitor, over),
          takeFlows(input, talk, signal),
        ]);
      } catch (error) {
        over.throwIfAborted();
        if (!hasCode(error, "host.qemu_gone", "host.qemu_failed")) throw error;
        throw new LodgeError(
          "move.ended_there",
          { guest: name, host: (await parts.target(cargo)).name },
          { cause: error, detail: lastWords(guestPlace(places, id).qemuLog) },
        );
      }
      talk.say({ say: "came" });
    }
    const record = await ending;
    if (!record || !isArriving(record, move)) throw new LodgeError("move.given_up", { guest: name });
    await goOn(move, record, () => talk.say({ say: "on" }));
  }

  /** Before it goes on: its next packet may be of a connection that goes on through the host that it leaves. */
  async function takeFlows({ cargo }: ArriveInput, talk: Conversation, signal: AbortSignal): Promise<void> {
    const { flows } = await talk.hear("flows", signal);
    // Without them it moves all the same.
    await networks.takeFlows(cargo.guest, flows).catch(() => undefined);
  }

  /** Resolves when the move is over, or nobody speaks any more: to the guest, where it is this host's then. */
  async function ended(move: string, id: string, signal: AbortSignal): Promise<GuestRecord | undefined> {
    const found = new AbortController();
    const end = AbortSignal.any([signal, found.signal]);
    try {
      // The commit tells of both; the guest need not be asked for then.
      const told = await Promise.race([comes(id, end), goes(moveKey(move), end)]);
      return told ?? ((await store.get(guestKey(id)))?.value as GuestRecord | undefined);
    } finally {
      found.abort();
    }
  }

  async function comes(id: string, signal: AbortSignal): Promise<GuestRecord | undefined> {
    for await (const told of follow(store, guestKey(id), signal)) {
      const all = told.type === "all" ? told.items : told.events.filter((event) => event.type === "put");
      const [first] = all;
      if (first) return first.value as GuestRecord;
    }
    return undefined;
  }

  async function goes(key: string, signal: AbortSignal): Promise<undefined> {
    for await (const told of follow(store, key, signal)) {
      const there =
        told.type === "all" ? told.items.length > 0 : told.events.every(({ type }) => type === "put");
      if (!there) break;
    }
  }

  async function goOn(move: string, record: GuestRecord, on?: () => void): Promise<void> {
    const here = lives.get(move);
    lives.delete(move);
    placed.delete(move);
    forgetDirect(move);
    // Its host was lost meanwhile, and it was taken over for this one: it is started from its disks, which are where they were.
    if (here && !isArriving(record, move)) return here.live.kill();
    if (here && !fleet.get(record.id)) fleet.track(here.live);
    await welcome(fleet, record, on);
    if (here) await dropKey(here.live.monitor, guestPlace(places, record.id).run);
  }

  /** Nothing of it is left here, unless it has become this host's. */
  async function clear({ input }: Context): Promise<void> {
    const { move, cargo } = input;
    const { id } = cargo.guest;
    const process = ((await store.get(moveKey(move)))?.value as MoveRecord | undefined)?.process;
    if (await endMove(store, move, id)) return goOn(move, await guestById(store, id));
    placed.delete(move);
    forgetDirect(move);
    const here = lives.get(move);
    lives.delete(move);
    await here?.live.kill();
    const { process: _, ...record } = cargo.guest;
    await leaveHost(parts, record, process);
  }
}
