/**
 * `desktop-home.bring`: a home's volume comes to the host that its user's next desktop is on.
 *
 *   look ──► copy ──────────────────────────────► come (commit point) ──────────► tidy
 *   may it    in a pool that hosts share: one more  one transaction: it is this      the other host removes
 *   come?     name for the same file; else piece    host's, and no more the other's  what it still has
 *             by piece, from the other host
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
import { findPool, placed, unusable } from "../volume/pool.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";
import { linkTo, partialPath } from "../volume/stored.ts";
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
  /** In a pool that both hosts have: what the same file is called by both. */
  readonly shared: { readonly before: string; readonly now: string };
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
    const away = () =>
      new LodgeError("desktop.home_away", { user: owner.userName, host: hosts.nameOf(from) });
    // What shares blocks with a clone or a snapshot stays where these are.
    if (!before || before.below !== undefined || before.image !== undefined || before.device) throw away();
    const id = newId("l");
    const { pool, elsewhere: _, secret, ...rest } = before;
    const sealed = secret === undefined ? {} : { secret: parts.diskKeys!.again(before, id) };
    const layer: Layer = { ...rest, ...sealed, id, path: layerPath(folder, id, before.format) };
    const shared = pool === undefined ? undefined : await sharedPlaces(before, layer, away);
    return {
      from,
      of: before.id,
      layer: shared ? { ...layer, pool: pool! } : layer,
      ...(shared ? { shared } : {}),
    };
  }

  /** Undefined: it is in none. @throws what `away` makes, where this host has not got it too */
  async function sharedPlaces(before: Layer, layer: Layer, away: () => LodgeError) {
    const name = before.pool!;
    const pool = await findPool(store, folder, name).catch((error: unknown) => {
      if (hasCode(error, "pool.not_found")) return undefined;
      throw error;
    });
    if (pool?.kind === "rbd") throw away();
    if (pool?.kind !== "shared") return undefined;
    const at = (id: string) => placed(pool, id, layer.format).place.at!;
    return { before: at(before.id), now: at(layer.id) };
  }

  async function copy(context: Context): Promise<void> {
    const { from, layer, shared } = context.state;
    if (from === undefined || !layer) return;
    if (!shared) return copyFile(context, from, layer);
    await rm(shared.now, { force: true });
    await link(shared.before, shared.now).catch((error: unknown) => {
      throw unusable(layer.pool!, (error as Error).message, error);
    });
    await linkTo(layer.path, shared.now);
  }

  async function copyFile(
    { input, state, signal, progress }: Context,
    from: string,
    layer: Layer,
  ): Promise<void> {
    const of = state.of!;
    try {
      const { size } = await hosts.file(from, of, signal);
      await mkdir(dirname(layer.path), { recursive: true, mode: 0o700 });
      const partial = partialPath(layer.path);
      await rm(partial, { force: true });
      {
        await using file = await open(partial, "wx", 0o600);
        await file.truncate(size);
        for (let offset = 0; offset < size; offset += homePiece) {
          const part = { offset, length: Math.min(homePiece, size - offset) };
          const bytes = await hosts.read(from, of, part, signal);
          if (bytes.length > (await roomIn(folder)))
            throw new LodgeError("host.no_space", { path: layer.path });
          await writeWhole(file, bytes, offset);
          progress({ fraction: Math.min(1, (offset + homePiece) / size), message: "your files are coming" });
        }
        await file.sync();
      }
      await rename(partial, layer.path);
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

  async function undo({ state: { layer } }: Context): Promise<void> {
    if (layer) await dropLayer({ store }, layer);
  }

  /** A host that does not answer now does it when it collects what nothing stands on. */
  async function tidy({ state: { from } }: Context): Promise<void> {
    if (from === undefined) return;
    await hosts.tidy(from).catch((error: unknown) => {
      parts.log.info({ err: asLodgeError(error), host: from }, "what a home left behind stays for now");
    });
  }
}
