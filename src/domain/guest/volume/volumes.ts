/** Volumes, as the API offers them: reads at once, changes by operations. */
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { defaultPool } from "#contract/schema/pool";
import type { Volume } from "#contract/schema/volume";
import type { Schemas } from "#contract/schemas";
import { newId } from "#base/ids";
import type { OperationDefinition } from "#durable/operation/define";
import type { OperationEngine, Started, StartOptions } from "#durable/operation/engine";
import { findProject, stays } from "../../project/record.ts";
import { layerById, layerPath } from "../../volume/layer.ts";
import type { DiskKeys } from "../../volume/disk-key.ts";
import { clonesLive } from "../../volume/rbd-pool.ts";
import { formatIn, placed, requirePool, type PoolRecord } from "../../volume/pool.ts";
import type { Pools } from "../../volume/pools.ts";
import {
  volumeKey,
  volumeNameKey,
  volumeTarget,
  type HomeOf,
  type VolumePlace,
  type VolumeRecord,
} from "../../volume/record.ts";
import type { DestroyParts } from "../destroy.ts";
import type { defineDiskResize } from "../disk-resize.ts";
import { filesBelow } from "../files-below.ts";
import { toKeep } from "../demands.ts";
import { findGuest, guestTarget } from "../record.ts";
import { requireAction } from "../state.ts";
import type { defineAttach } from "./attach.ts";
import { beginningOf, type Beginning } from "./beginning.ts";
import type { defineDetach } from "./detach.ts";
import { findAny, type FoundVolume } from "./found.ts";
import type { defineFreezeDisk } from "./freeze-disk.ts";
import type { defineMakeVolume, MakeInput } from "./make.ts";
import type { defineMove } from "./move.ts";
import type { defineRemoveVolume } from "./remove.ts";
import type { defineResizeVolume } from "./resize.ts";
import { allVolumes, oneVolume } from "./shown.ts";

export interface VolumeOperations {
  readonly makeVolume: ReturnType<typeof defineMakeVolume>;
  readonly freezeDisk: ReturnType<typeof defineFreezeDisk>;
  readonly attach: ReturnType<typeof defineAttach>;
  readonly detach: ReturnType<typeof defineDetach>;
  readonly move: ReturnType<typeof defineMove>;
  readonly resizeVolume: ReturnType<typeof defineResizeVolume>;
  readonly diskResize: ReturnType<typeof defineDiskResize>;
  readonly removeVolume: ReturnType<typeof defineRemoveVolume>;
}

export interface VolumesParts extends DestroyParts {
  readonly engine: Pick<OperationEngine, "start">;
  readonly operations: VolumeOperations;
  readonly pools: Pools;
}

type Wanted = Pick<
  VolumeRecord,
  "name" | "project" | "description" | "size" | "format" | "encrypted" | "home"
>;

/** What is done for somebody's home; one is made under an id that is known before. */
export interface AsHome {
  readonly id: string;
  readonly home: HomeOf;
}

/** Seconds a guest has to let go of a disk. */
const detachTimeout = 30;

export class Volumes {
  readonly #parts: VolumesParts;

  constructor(parts: VolumesParts) {
    this.#parts = parts;
  }

  get #store() {
    return this.#parts.fleet.parts.store;
  }

  get #keys(): DiskKeys {
    const { diskKeys } = this.#parts.fleet.parts;
    if (!diskKeys) throw new TypeError("there is no key to seal others with");
    return diskKeys;
  }

  get #folder() {
    return this.#parts.fleet.parts.places.layers;
  }

  list(): Promise<Volume[]> {
    return allVolumes(this.#store, this.#folder);
  }

  async get(ref: string): Promise<Volume> {
    return oneVolume(this.#store, this.#folder, await this.#found(ref));
  }

  /** By an id that names no project. */
  #found(ref: string): Promise<FoundVolume> {
    return findAny(this.#store, ref, "");
  }

  async create(body: Schemas["VolumeCreate"], project: string, as?: AsHome): Promise<Operation> {
    const pool = await requirePool(this.#store, this.#folder, body.pool ?? defaultPool);
    const { name, size, description = "" } = body;
    const wished = (await findProject(this.#store, project)).project.encrypted ?? false;
    // By the project's wish where it can be.
    const byDefault = wished && keepsQcow2(pool) && body.format !== "raw";
    const { encrypt = byDefault } = body;
    if (encrypt && body.format === "raw") {
      const remedy = "Leave the format out, or --encrypt";
      throw new LodgeError("volume.encrypted", { volume: body.name, wish: "only qcow2 can be", remedy });
    }
    const format = formatIn(pool, encrypt ? "qcow2" : body.format);
    const beginning = (id: string): Beginning => {
      const path = layerPath(this.#folder, id, format);
      const { place, of } = placed(pool, id, format);
      const secret = encrypt ? { secret: this.#keys.make(id) } : {};
      const source = { kind: "blank", path, format, size, ...place } as const;
      return { source, layer: { path, format, ...of, ...secret } };
    };
    const wanted = {
      name,
      size,
      description,
      format,
      project,
      ...(encrypt ? { encrypted: true as const } : {}),
      ...(as ? { home: as.home } : {}),
    };
    return this.#make(wanted, pool.name, beginning, { id: as?.id });
  }

  async clone(ref: string, body: Schemas["VolumeClone"]): Promise<Operation> {
    const found = await this.#found(ref);
    const { pool: now } = await this.get(ref);
    const pool = await requirePool(this.#store, this.#folder, body.pool ?? now);
    const near = pool.name === now && !body.full;
    requireEncryptable(found, pool);
    // What is written to at rest can be copied by sharing its blocks; else, it is frozen first.
    const ready = async () => !this.#live(found) || clonesLive(this.#store, pool, this.#top(found));
    const shares = near && (await ready()) && (await this.#parts.pools.get(pool.name)).reflink;
    const from = shares ? this.#top(found) : await this.#freeze(found);
    const layer = await layerById(this.#store, from);
    const below = await filesBelow(this.#store, from);
    const how = shares ? "twin" : near && !layer.device ? "overlay" : "copy";
    const { format, make } = beginningOf({ how, of: layer, below, pool, folder: this.#folder });
    const { name, description = "" } = body;
    const size = found.at?.disk.size ?? (found as { record: VolumeRecord }).record.size;
    const wanted = { name, description, project: found.project, size, format };
    if (layer.secret !== undefined) {
      const withKey = (id: string): Beginning => {
        const { source, layer: copy } = make(id);
        // A twin's file is the same.
        const secret = how === "twin" ? this.#keys.again(layer, id) : this.#keys.make(id);
        return { source, layer: { ...copy, secret } };
      };
      const targets = shares ? this.#targets(found) : [];
      return this.#make({ ...wanted, encrypted: true }, pool.name, withKey, { source: from, more: targets });
    }
    return this.#make(wanted, pool.name, make, { source: from, more: shares ? this.#targets(found) : [] });
  }

  #live(found: FoundVolume): boolean {
    return found.at !== undefined && this.#parts.fleet.get(found.at.guest.id) !== undefined;
  }

  /** The layer that it writes to. @throws LodgeError volume.busy */
  #top(found: FoundVolume): string {
    if (found.at) return found.at.disk.layer;
    const { record } = found as { record: VolumeRecord };
    if (record.place.kind !== "rest")
      throw new LodgeError("volume.busy", { volume: found.name, operation: "ID" });
    return record.place.layer;
  }

  /** @returns the layer that holds what was on it, to which nobody writes any more. */
  async #freeze(found: FoundVolume): Promise<string> {
    this.#top(found);
    const of = found.at ? { guest: found.at.guest.id, disk: found.at.disk.id } : { volume: found.id };
    if (found.at) requireAction(found.at.guest, "clone-disk");
    const { freezeDisk } = this.#parts.operations;
    const started = await this.#start(found, freezeDisk, { of }, this.#options(found));
    return ((await ended(started)).result as { readonly layer: string }).layer;
  }

  /** Its record, with its name and what it takes of its pool, in the transaction that begins to make it. */
  async #make(
    wanted: Wanted,
    pool: string,
    beginning: (layer: string) => Beginning,
    how: {
      readonly id?: string | undefined;
      readonly source?: string;
      readonly more?: readonly string[];
    },
  ): Promise<Operation> {
    const { source, more = [] } = how;
    const { engine, operations, pools, fleet } = this.#parts;
    const { name, project } = wanted;
    const [id, layerId, createdAt] = [how.id ?? newId("v"), newId("l"), fleet.now()];
    const { source: file, layer } = beginning(layerId);
    const place: VolumePlace = { kind: "making", layer: layerId, pool, ...(source ? { source } : {}) };
    const value: VolumeRecord = { id, createdAt, ...wanted, place };
    const input: MakeInput = { volume: id, layer: { id: layerId, createdAt, ...layer }, source: file };
    const nameKey = volumeNameKey(project, name);
    for (;;) {
      const promise = await pools.promise(pool, wanted.size);
      const compare = [
        ...(await stays(this.#store, project)),
        { key: nameKey, revision: "absent" } as const,
        ...promise.compare,
      ];
      const put = [{ key: volumeKey(id), value }, { key: nameKey, value: id }, ...promise.put];
      try {
        const targets = [volumeTarget(id), ...more];
        const options = { targets, project, whenBusy: "refuse", changes: { compare, put } } as const;
        const begin = () => engine.start(operations.makeVolume, input, options);
        return (await fleet.parts.pass(toKeep(wanted), begin)).operation;
      } catch (error) {
        if (hasCode(error, "operation.target_busy"))
          throw new LodgeError("volume.busy", { volume: name, operation: error.params["operation"] ?? "" });
        if (!hasCode(error, "store.conflict")) throw error;
        if (await this.#store.get(nameKey))
          throw new LodgeError("volume.name_taken", { name }, { cause: error });
      }
    }
  }

  async resize(ref: string, { size }: Schemas["VolumeResize"], as?: AsHome): Promise<Operation> {
    const found = await this.#found(ref);
    requireFree(found, as);
    const { size: before, pool } = await this.get(ref);
    if (size < before) {
      const now = `${before / 1024 ** 2} MiB`;
      throw new LodgeError("volume.shrink", { volume: found.name, size: now });
    }
    if (found.at) requireAction(found.at.guest, "resize-disk");
    this.#top(found);
    const { resizeVolume, diskResize } = this.#parts.operations;
    for (;;) {
      const changes = await this.#parts.pools.promise(pool, size - before);
      const demand = toKeep({ name: found.name, project: found.project, size: size - before });
      const whenBusy = as ? ("queue" as const) : ("refuse" as const);
      const options = { ...this.#options(found), whenBusy, changes, claim: demand };
      const begin = () => {
        if (!found.at) return this.#start(found, resizeVolume, { volume: found.id, size }, options);
        const input = { guest: found.at.guest.id, disk: found.at.disk.id, size };
        return this.#start(found, diskResize, input, options);
      };
      try {
        const { pass } = this.#parts.fleet.parts;
        return (await pass(demand, begin, ({ completion }) => completion)).operation;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  async move(ref: string, { pool }: Schemas["VolumeMove"]): Promise<Operation> {
    const found = await this.#found(ref);
    requireFree(found);
    const shown = await this.get(ref);
    requireEncryptable(found, await requirePool(this.#store, this.#folder, pool));
    if (shown.pool === pool) throw new LodgeError("volume.same_pool", { volume: found.name, pool });
    this.#top(found);
    if (found.at) requireAction(found.at.guest, "move-disk");
    await this.#parts.pools.promise(pool, shown.size);
    const of = found.at ? { guest: found.at.guest.id, disk: found.at.disk.id } : { volume: found.id };
    const input = { of, name: found.name, pool };
    const { move } = this.#parts.operations;
    return (await this.#start(found, move, input, this.#options(found))).operation;
  }

  async attach(
    ref: string,
    { guest: to, bus = "virtio-scsi" }: Schemas["VolumeAttach"],
    as?: AsHome,
  ): Promise<Operation> {
    const found = await this.#found(ref);
    requireFree(found, as);
    if (found.at) throw attached(found);
    this.#top(found);
    const guest = await findGuest(this.#store, to, found.project);
    const { id, name, project } = guest;
    if (project !== found.project) {
      const whose = { guest: name, theirs: project, volume: found.name, project: found.project };
      throw new LodgeError("volume.other_project", whose);
    }
    requireAction(guest, "add-disk");
    const options = {
      targets: [guestTarget(id), volumeTarget(found.id)],
      project,
      // A desktop's guest may be about to go on.
      whenBusy: as ? "queue" : "refuse",
    } as const;
    const { attach } = this.#parts.operations;
    return (await this.#start(found, attach, { volume: found.id, guest: id, bus }, options)).operation;
  }

  async detach(
    ref: string,
    { timeout = detachTimeout, force = false }: Schemas["VolumeDetach"],
  ): Promise<Operation> {
    const found = await this.#found(ref);
    if (found.kind === "own") throw new LodgeError("volume.own", { volume: found.name });
    requireFree(found);
    if (!found.at) throw new LodgeError("volume.not_attached", { volume: found.name });
    const { guest, disk } = found.at;
    requireAction(guest, "remove-disk");
    const input = { volume: found.id, guest: guest.id, disk: disk.id, timeout, force };
    const { detach } = this.#parts.operations;
    return (await this.#start(found, detach, input, this.#options(found))).operation;
  }

  /** What is on it is gone. @throws LodgeError volume.attached, volume.own, volume.busy */
  async remove(ref: string, as?: AsHome): Promise<Volume> {
    const found = await this.#found(ref);
    requireFree(found, as);
    if (found.kind === "own") throw new LodgeError("volume.own", { volume: found.name });
    if (found.at) throw attached(found);
    this.#top(found);
    const shown = await this.get(ref);
    const { removeVolume } = this.#parts.operations;
    await ended(await this.#start(found, removeVolume, { volume: found.id }, this.#options(found)));
    return shown;
  }

  #targets(found: FoundVolume): string[] {
    return [
      ...(found.at ? [guestTarget(found.at.guest.id)] : []),
      ...(found.kind === "volume" ? [volumeTarget(found.id)] : []),
    ];
  }

  #options(found: FoundVolume): StartOptions {
    return { targets: this.#targets(found), project: found.project, whenBusy: "refuse" };
  }

  async #start<Input, State extends object, Result>(
    found: FoundVolume,
    definition: OperationDefinition<Input, State, Result>,
    input: Input,
    options: StartOptions,
  ) {
    try {
      return await this.#parts.engine.start(definition, input, options);
    } catch (error) {
      if (!hasCode(error, "operation.target_busy")) throw error;
      const operation = error.params["operation"] ?? "";
      throw new LodgeError("volume.busy", { volume: found.name, operation });
    }
  }
}

/** Homes go only where their record says: domain/desktop/home.ts. @throws LodgeError volume.home */
function requireFree(found: FoundVolume, as?: AsHome): void {
  if (found.kind === "volume" && found.record.home && !as)
    throw new LodgeError("volume.home", { volume: found.name });
}

const isEncrypted = (found: FoundVolume): boolean =>
  found.at?.disk.encrypted ?? (found.kind === "volume" && found.record.encrypted === true);

/** Those of LVM and Ceph keep raw volumes alone. */
const keepsQcow2 = ({ kind }: PoolRecord): boolean => kind === "directory" || kind === "shared";

/** Is what is encrypted so in this pool too? */
function requireEncryptable(found: FoundVolume, pool: PoolRecord): void {
  if (!isEncrypted(found) || keepsQcow2(pool)) return;
  const wish = `pool ${pool.name} keeps no qcow2, which encryption is a part of`;
  const remedy = "Choose a pool of another kind";
  throw new LodgeError("volume.encrypted", { volume: found.name, wish, remedy });
}

const attached = ({ name, at }: FoundVolume): LodgeError =>
  new LodgeError("volume.attached", { volume: name, guest: at!.guest.name, disk: at!.disk.id });

/** What came of it. @throws the LodgeError that it failed with */
async function ended({ completion }: Started): Promise<Operation> {
  const operation = await completion;
  if (operation.status === "succeeded") return operation;
  const { code = "operation.cancelled", params = {}, detail } = operation.error ?? {};
  throw new LodgeError(code as ErrorCode, params, { detail });
}
