/**
 * `desktop-home.bring`: a home's volume comes to the host that its user's next desktop is on.
 *
 *   look ──► copy ──────────────────────────────► come (commit point) ──────────► tidy
 *   may it    in a pool that hosts share: another   one transaction: it is this      the other host removes
 *   come?     name for the same file or image;      host's, and no more the other's  what it still has
 *             else piece by piece, into the pool
 *             that is called as the other host's
 *     any failure before it: nothing of it is here
 *
 * Nobody writes to it meanwhile: its home is held by a desktop of this host (home.ts), and it is in no guest. That, and that the
 * volume is as it was read, the transaction compares. What comes gets an id of its own: what is left here of an earlier stay is
 * other garbage, however late it is collected. One in a shared pool comes also from a host that does not answer.
 */
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { writeWhole } from "#base/write-whole";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { locate, placeOf } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { roomIn } from "#hypervisor/disk/space";
import type { DiskKeys } from "../volume/disk-key.ts";
import { dropLayer, layerKey, layerPath, type Layer } from "../volume/layer.ts";
import { renameRbd } from "#hypervisor/disk/pool/stored";
import {
  findPool,
  isBareKind,
  isSharedKind,
  placed,
  poolKey,
  requirePool,
  unusable,
  type PoolRecord,
} from "../volume/pool.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";
import { linkTo, partialPath, unlinkLayer } from "../volume/stored.ts";
import { findHomeVolume, homeItem, isSame, type HomeOwner, type Holder } from "./home.ts";

/** A layer's file as another host has it. */
export interface LayerFile {
  /** Bytes that it is long. */
  readonly size: number;
}

/** The host that a home comes from. */
export interface HomeHosts {
  nameOf(host: string): string;
  /** @throws LodgeError cluster.host_unreachable */
  file(host: string, layer: string, signal: AbortSignal): Promise<LayerFile>;
  /** Fewer bytes than were asked for, or none: the rest is zero. @throws LodgeError cluster.host_unreachable */
  read(
    host: string,
    layer: string,
    part: { readonly offset: number; readonly length: number },
    signal: AbortSignal,
  ): Promise<Buffer>;
  /** Has it remove what nothing stands on any more. */
  tidy(host: string): Promise<void>;
}

export interface BringInput {
  readonly owner: HomeOwner;
  readonly holder: Holder;
}

interface State {
  readonly from: string;
  /** The layer's id there. */
  readonly of: string;
  /** As it will be here. */
  readonly layer: Layer;
  /** Where it will be, if not at its own path. */
  readonly at: string;
  /** In a pool that both hosts have: where the same was before, and whether it has both names from then on or the new one alone. */
  readonly shared: { readonly before: string; readonly how: "link" | "rename" };
}

export interface BringParts {
  /** This host's records, and what all share. */
  readonly store: Store;
  /** The folder of layers. */
  readonly folder: string;
  readonly diskKeys?: DiskKeys | undefined;
  readonly hosts: HomeHosts;
  readonly log: Log;
}

type Context = StepContext<BringInput, State>;

/** Bytes that are asked for at once. */
export const homePiece = 4 * 1024 * 1024;

/** What operations lock. */
export const homeTarget = ({ pool, user }: Pick<HomeOwner, "pool" | "user">): string =>
  `desktop-home:${pool}/${user}`;

export function defineBringHome(parts: BringParts) {
  const { store, folder, hosts } = parts;
  return defineOperation<BringInput, State>({
    kind: "desktop-home.bring",
    steps: [
      { name: "look", do: look },
      { name: "copy", do: copy, undo },
      { name: "come", commitPoint: true, do: come, undo },
      { name: "tidy", do: tidy },
    ],
  });

  async function found(owner: HomeOwner, holder: Holder) {
    const home = await homeItem(store, owner);
    if (!home?.value.holder || !isSame(home.value.holder, holder))
      throw new LodgeError("desktop.home_held", { user: owner.userName });
    const volume = await findHomeVolume(store, home.value.volume);
    if (!volume) throw new LodgeError("volume.not_found", { volume: home.value.volume });
    return { home, volume };
  }

  async function look({ input: { owner, holder } }: Context): Promise<Partial<State>> {
    const { volume } = await found(owner, holder);
    const { host: from } = locate(volume.key);
    // It is here.
    if (from === undefined || (await store.get(locate(volume.key).key))) return {};
    const { place } = volume.value;
    if (place.kind !== "rest") throw new LodgeError("desktop.home_held", { user: owner.userName });
    const before = (await store.get(placeOf(from, layerKey(place.layer))))?.value as Layer | undefined;
    const user = owner.userName;
    const host = hosts.nameOf(from);
    const stays = (reason: string) => new LodgeError("desktop.home_stays", { user, host, reason });
    if (!before) throw new LodgeError("desktop.home_away", { user, host });
    if (before.below !== undefined || before.image !== undefined)
      throw stays("a clone or a snapshot shares its blocks");
    if (before.device) throw stays("it lies in a thin pool of LVM");
    const id = newId("l");
    const { pool: _pool, elsewhere: _, secret, ...rest } = before;
    const sealed = secret === undefined ? {} : { secret: parts.diskKeys!.again(before, id) };
    const layer: Layer = { ...rest, ...sealed, id, path: layerPath(folder, id, before.format) };
    return { from, of: before.id, ...(await placeHere(from, before, layer, stays)) };
  }

  /** In the pool that is called here as the other host's; where there is none, or one that takes no files, in the default one. */
  async function placeHere(
    from: string,
    before: Layer,
    layer: Layer,
    stays: (reason: string) => LodgeError,
  ): Promise<Pick<State, "layer"> & Partial<Pick<State, "at" | "shared">>> {
    const { pool: name } = before;
    if (name === undefined) return { layer };
    const theirs = (await store.get(placeOf(from, poolKey(name))))?.value as PoolRecord | undefined;
    const pool = await findPool(store, folder, name).catch((error: unknown) => {
      if (hasCode(error, "pool.not_found")) return undefined;
      throw error;
    });
    const inCeph = theirs?.kind === "rbd";
    if (inCeph && pool?.kind !== "rbd") throw stays(`here is no pool of Ceph's that is called ${name}`);
    if (!pool || (isBareKind(pool.kind) && !inCeph)) return { layer };
    const at = (id: string) => placed(pool, id, layer.format).place.at!;
    const here = { layer: { ...layer, pool: name }, at: at(layer.id) };
    if (!isSharedKind(pool.kind) || theirs?.kind !== pool.kind) {
      await requirePool(store, folder, name);
      return here;
    }
    return { ...here, shared: { before: at(before.id), how: inCeph ? "rename" : "link" } };
  }

  async function copy(context: Context): Promise<void> {
    const { from, layer, at, shared } = context.state;
    if (from === undefined || !layer) return;
    if (at !== undefined) await linkTo(layer.path, at);
    if (!shared) return copyFile(context, from, { path: at ?? layer.path, of: context.state.of! });
    if (shared.how === "rename") return renameRbd(shared.before, at!);
    await rm(at!, { force: true });
    await link(shared.before, at!).catch((error: unknown) => {
      throw unusable(layer.pool!, (error as Error).message, error);
    });
  }

  async function copyFile(
    { input, signal, progress }: Context,
    from: string,
    { path, of }: { readonly path: string; readonly of: string },
  ): Promise<void> {
    try {
      const { size } = await hosts.file(from, of, signal);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const partial = partialPath(path);
      await rm(partial, { force: true });
      {
        await using file = await open(partial, "wx", 0o600);
        await file.truncate(size);
        for (let offset = 0; offset < size; offset += homePiece) {
          const part = { offset, length: Math.min(homePiece, size - offset) };
          const bytes = await hosts.read(from, of, part, signal);
          if (bytes.length > (await roomIn(dirname(path)))) throw new LodgeError("host.no_space", { path });
          await writeWhole(file, bytes, offset);
          progress({ fraction: Math.min(1, (offset + homePiece) / size), message: "your files are coming" });
        }
        await file.sync();
      }
      await rename(partial, path);
    } catch (error) {
      signal.throwIfAborted();
      if (!hasCode(error, "cluster.host_unreachable")) throw error;
      const { userName: user } = input.owner;
      throw new LodgeError("desktop.home_away", { user, host: hosts.nameOf(from) }, { cause: error });
    }
  }

  async function come({ input, state: { from, of, layer }, commit }: Context): Promise<void> {
    if (from === undefined || !layer) return commit();
    // It came by this very transaction already.
    if ((await store.get(layerKey(layer.id))) !== undefined) return commit();
    const { home, volume } = await found(input.owner, input.holder);
    const { place } = volume.value;
    if (place.kind !== "rest" || place.layer !== of)
      throw new LodgeError("desktop.home_held", { user: input.owner.userName });
    const value: VolumeRecord = { ...volume.value, place: { kind: "rest", layer: layer.id } };
    await commit({
      compare: [
        { key: home.key, revision: home.revision },
        { key: volume.key, revision: volume.revision },
      ],
      put: [
        { key: volumeKey(value.id), value },
        { key: layerKey(layer.id), value: layer },
      ],
      delete: [volume.key],
    });
  }

  async function undo({ state: { layer, at, shared } }: Context): Promise<void> {
    if (!layer) return;
    // It came, by a transaction of which it was not heard.
    if (await store.get(layerKey(layer.id))) return;
    if (at !== undefined && shared?.how === "rename") {
      // There is one image alone, and it is the home.
      await renameRbd(at, shared.before);
      return unlinkLayer(layer.path);
    }
    if (at !== undefined) await rm(partialPath(at), { force: true });
    await dropLayer({ store }, layer);
  }

  /** A host that does not answer now does it when it collects what nothing stands on. */
  async function tidy({ state: { from } }: Context): Promise<void> {
    if (from === undefined) return;
    await hosts.tidy(from).catch((error: unknown) => {
      parts.log.info({ err: asLodgeError(error), host: from }, "what a home left behind stays for now");
    });
  }
}
