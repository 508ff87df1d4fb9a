/**
 * Makes a new guest of a snapshot, by copy-on-write: one with its memory goes on from there as a branch would
 * (branch.ts), one of disks boots. It has an identity of its own before its link comes up.
 *
 *   prepare ──────────► start ──────────────► identity ─────────────► finish
 *    record, name,       QEMU, from the saved  where Lodge's agent is   commit point
 *    addresses, layers   memory or by a boot   in it; then link up
 *     any failure: the new guest is destroyed
 *
 * The snapshot is locked meanwhile, its guest is not: nothing of it is written.
 */
import { access, mkdir, writeFile } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { SealKey } from "#durable/store/seal";
import { seedVolume } from "#hypervisor/image/seed";
import { networksStay } from "../../network/record.ts";
import { checkChain, layerById } from "../../volume/layer.ts";
import { becomeItself } from "../become-itself.ts";
import { toMake } from "../demands.ts";
import { destroyGuest, type DestroyParts } from "../destroy.ts";
import { newIdentity, seedOf } from "../identity.ts";
import { launch } from "../launch.ts";
import { hasSeed } from "../machine.ts";
import { layerPuts, layersOver, makeNext, newLayerIds, newSecrets } from "../next-layers.ts";
import { guestPlace } from "../place.ts";
import {
  asOwn,
  guestById,
  guestKey,
  guestNameKey,
  onLayers,
  toGuest,
  writtenLayers,
  type GuestRecord,
} from "../record.ts";
import { findSnapshot, heldLayers, requireCards, snapshotKey, type SnapshotRecord } from "./record.ts";
import { copyTpm } from "./tpm-copy.ts";

export interface ForkSnapshotInput {
  /** Whose snapshot it is. */
  readonly guest: string;
  readonly snapshot: string;
  /** The new guest's id. */
  readonly child: string;
  readonly name: string;
  readonly memory: boolean;
  readonly allowTpm: boolean;
}

interface State {
  readonly shown: Guest;
}

export interface ForkSnapshotParts extends DestroyParts {
  readonly key: SealKey;
  readonly clock: Clock;
  readonly imagePath: (image: string) => Promise<string>;
  /** The file of what is in a drive. */
  readonly mediumPath: (image: string, project: string) => Promise<string>;
  /** @throws LodgeError guest.memory_unavailable */
  readonly requireMemory: (record: GuestRecord) => Promise<void>;
}

type Context = StepContext<ForkSnapshotInput, State>;

/** Milliseconds that a guest has to boot until its agent answers. */
const bootLimit = 180_000;

export function defineForkSnapshot(parts: ForkSnapshotParts) {
  const { fleet, key, clock } = parts;
  const { store, networks, places, events } = fleet.parts;
  const undo = ({ input }: Context) => destroyGuest(parts, input.child);

  return defineOperation<ForkSnapshotInput, State, { readonly guest: Guest }>({
    kind: "snapshot.fork",
    steps: [
      { name: "prepare", do: prepare, undo },
      { name: "start", do: start, undo },
      { name: "identity", do: identity, undo },
      {
        name: "finish",
        commitPoint: true,
        async do({ input }) {
          return { shown: toGuest(await guestById(store, input.child)) };
        },
      },
    ],
    result: ({ state }) => ({ guest: state.shown! }),
  });

  async function found({ guest, snapshot }: ForkSnapshotInput): Promise<[GuestRecord, SnapshotRecord]> {
    const record = await guestById(store, guest);
    return [record, await findSnapshot(store, record, snapshot)];
  }

  async function prepare({ input }: Context): Promise<void> {
    const [parent, snapshot] = await found(input);
    requireForkable(parent, snapshot, input);
    requireCards(parent, snapshot, input.memory);
    const held = heldLayers(snapshot);
    for (const layer of Object.values(held)) await checkChain(store, parent.name, layer, parts.imagePath);
    const child = await claim(input, parent, snapshot);
    await parts.requireMemory(child);
    const place = guestPlace(places, child.id);
    await mkdir(place.folder, { recursive: true, mode: 0o700 });
    if (snapshot.tpm !== undefined) await copyTpm(snapshot.tpm, place.tpm);
    for (const own of Object.values(writtenLayers(child)))
      await makeNext(fleet.parts, await layerById(store, own));
    await networks.attach(child);
  }

  /** The record, its name, addresses and layers, at one moment, and while the snapshot is there. */
  async function claim(
    input: ForkSnapshotInput,
    parent: GuestRecord,
    snapshot: SnapshotRecord,
  ): Promise<GuestRecord> {
    const { child: id, name } = input;
    const held = heldLayers(snapshot);
    const ids = newLayerIds(held);
    const secrets = await newSecrets(fleet.parts, held, ids);
    const layers = layersOver({ folder: places.layers, createdAt: fleet.now(), secrets }, held, ids);
    const nics = await Promise.all(parent.nics.map((nic) => networks.twin(nic, parent.project)));
    const { process: _, suspendFile: _file, stateReason: _reason, comesBack: _back, ...most } = parent;
    const { suspendKey: _key, ...more } = most;
    const {
      snapshot: _snapshot,
      ails: _ails,
      nvram: _nvram,
      boot: _boot,
      shares: _shares,
      devices: _devices,
      // Its parent's user has his, or it waits for somebody; this one is whose it was made for.
      desktop: _desktop,
      replica,
      ha,
      ...less
    } = more;
    const { memoryTarget: _target, memoryNow: _now, ...rest } = less;
    const child: GuestRecord = {
      ...onLayers({ ...rest, ...snapshot.machine, disks: asOwn(snapshot.machine.disks) }, layers),
      // A replica is of its parent's disks, and so is what comes back from it.
      ...(ha && !replica ? { ha } : {}),
      id,
      name,
      hostname: name,
      nics,
      publish: [],
      ...newIdentity(id, name, undefined, key),
      createdAt: fleet.now(),
      state: "creating",
      stateSince: fleet.now(),
      origin: { ...parent.origin, how: "branch", parent: `${parent.name}@${snapshot.name}` },
    };
    const nameKey = guestNameKey(child.project, name);
    if (await store.get(nameKey)) throw new LodgeError("guest.name_taken", { name });
    const claims = networks.claims(child, nics);
    const item = await store.get(snapshotKey(snapshot.id));
    const changes = {
      compare: [
        { key: nameKey, revision: "absent" as const },
        { key: snapshotKey(snapshot.id), revision: item!.revision },
        ...claims.map((one) => ({ key: one.key, revision: "absent" as const })),
        ...(await networksStay(store, child.project, nics)),
      ],
      put: [
        { key: guestKey(id), value: child },
        { key: nameKey, value: id },
        ...layerPuts(layers),
        ...claims,
      ],
    };
    await fleet.parts.pass(toMake(child), () => store.transact(changes));
    return child;
  }

  async function start({ input, signal, progress }: Context): Promise<void> {
    const [, snapshot] = await found(input);
    const record = await guestById(store, input.child);
    const file = input.memory ? snapshot.memoryFile : undefined;
    progress({ message: file === undefined ? "booting" : "loading memory" });
    if (file !== undefined) await requireFile(file, record.name);
    const { seed } = guestPlace(places, record.id);
    if (hasSeed(record)) await writeFile(seed, seedVolume(seedOf(record, key)), { mode: 0o600 });
    const media: Record<string, string> = {};
    for (const { id, image } of record.drives)
      if (image !== undefined) media[id] = await parts.mediumPath(image, record.project);
    const state = file === undefined ? {} : { state: { file, key: snapshot.memoryKey, ramExcluded: false } };
    const live = await launch(fleet.parts, record, { media, signal, ...state });
    fleet.track(live);
    if (record.agent === "lodge") await link(record, false);
    await live.monitor.execute("cont");
  }

  async function link(record: GuestRecord, up: boolean): Promise<void> {
    const { monitor } = fleet.require(record.id);
    for (const { id } of record.nics) await monitor.execute("set_link", { name: id, up });
  }

  async function identity({ input, signal, progress }: Context): Promise<void> {
    const record = await guestById(store, input.child);
    const live = fleet.require(record.id);
    if (record.agent === "lodge") {
      progress({ message: "waiting for its agent" });
      await live.agent.hello({ timeout: bootLimit, signal });
      await becomeItself({ fleet, key, clock }, record.id, signal);
    } else {
      live.settle();
      await fleet.become(record.id, "running");
    }
    const message = `${record.name} was made of ${record.origin.parent}`;
    events.append({ kind: "guest.forked", guest: record, message });
  }
}

/** @throws LodgeError guest.tpm_fork, snapshot.not_forkable */
function requireForkable(parent: GuestRecord, snapshot: SnapshotRecord, input: ForkSnapshotInput): void {
  if (snapshot.machine.machine.tpm && !input.allowTpm)
    throw new LodgeError("guest.tpm_fork", { guest: parent.name });
  if (!input.memory || snapshot.memoryFile === undefined || parent.agent === "lodge") return;
  throw new LodgeError("snapshot.not_forkable", {
    guest: parent.name,
    snapshot: snapshot.name,
    reason: "with its memory it would be the same machine, and there is no Lodge agent in it to change that",
  });
}

async function requireFile(path: string, guest: string): Promise<void> {
  await access(path).catch((cause: unknown) => {
    throw new LodgeError("guest.disk_missing", { path, guest }, { cause });
  });
}
