/**
 * Freezes what is on one disk, so that a volume can be made of it: the guest goes on in a new layer.
 *
 *   prepare ──► freeze (QEMU writes to the new layer) ──► keep
 *     any failure: which layer the guest writes to, its QEMU is asked
 *
 * The guest is let go of with that; whatever is copied then is copied from a layer that nobody writes to.
 */
import { newId } from "#base/ids";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { collectLayers, dropLayer, layerById, layerPath } from "../../volume/layer.ts";
import { volumeById, volumeItem } from "../../volume/record.ts";
import { commitGuest } from "../commit.ts";
import type { DestroyParts } from "../destroy.ts";
import { activeLayers, readyToFreeze } from "../freeze.ts";
import { layerPuts, layersOver, makeNext, nameLayers } from "../next-layers.ts";
import { findDisk, guestById, onLayers } from "../record.ts";
import { requireAction } from "../state.ts";

export interface FreezeDiskInput {
  /** The guest whose disk it is, or else the volume that is in none. */
  readonly of: { readonly guest: string; readonly disk: string } | { readonly volume: string };
}

interface State {
  readonly next: string;
  readonly frozen: string;
  /** The sealed key of the next one, where it is encrypted. */
  readonly secret: string;
}

type Context = StepContext<FreezeDiskInput, State>;

export function defineFreezeDisk({ fleet, layerRoots }: DestroyParts) {
  const { store, places } = fleet.parts;
  return defineOperation<FreezeDiskInput, State, { readonly layer: string }>({
    kind: "volume.freeze",
    steps: [
      { name: "prepare", do: prepare, undo },
      { name: "freeze", do: freeze, undo },
      { name: "keep", commitPoint: true, do: keep, undo },
    ],
    result: ({ state }) => ({ layer: state.frozen! }),
  });

  function over({ frozen, next, secret }: Partial<State>, what: string) {
    const secrets = secret === undefined ? undefined : { [what]: secret };
    const how = { folder: places.layers, createdAt: fleet.now(), secrets };
    return layersOver(how, { [what]: frozen! }, { [what]: next! });
  }

  async function prepare({ input: { of }, save }: Context): Promise<void> {
    const frozen = await writtenTo(of);
    if ("guest" in of) requireAction(await guestById(store, of.guest), "clone-disk");
    const next = newId("l");
    const isPlain = (await layerById(store, frozen)).secret === undefined;
    const key = isPlain ? {} : { secret: fleet.parts.diskKeys!.make(next) };
    await save({ next, frozen, ...key });
    const [layer] = Object.values(over({ next, frozen, ...key }, "disk"));
    await makeNext(fleet.parts, layer!);
    if (!("guest" in of && fleet.get(of.guest))) return;
    await fleet.parts.cells?.giveTo(of.guest, layerPath(places.layers, next), 0);
    await nameLayers(store, of.guest, over({ next, frozen, ...key }, of.disk));
  }

  async function writtenTo(of: FreezeDiskInput["of"]): Promise<string> {
    if ("guest" in of) return findDisk(await guestById(store, of.guest), of.disk).layer;
    const { place } = await volumeById(store, of.volume);
    if (place.kind !== "rest") throw new TypeError("a volume that is with a guest is frozen as its disk");
    return place.layer;
  }

  async function freeze({ input: { of }, state }: Context): Promise<void> {
    const live = "guest" in of ? fleet.get(of.guest) : undefined;
    if (!live || !("guest" in of)) return;
    const layer = await layerById(store, state.next!);
    await (
      await readyToFreeze(fleet.parts, live.monitor, { [of.disk]: layer })
    )();
  }

  async function keep({ input: { of }, state, commit }: Context): Promise<void> {
    if ("volume" in of) {
      const { key, revision, value: volume } = await volumeItem(store, of.volume);
      const layers = over(state, of.volume);
      const next = Object.values(layers)[0]!;
      const value = { ...volume, format: next.format, place: { kind: "rest", layer: next.id } };
      return commit({ compare: [{ key, revision }], put: [...layerPuts(layers), { key, value }] });
    }
    // One that runs has named it already.
    if (fleet.get(of.guest)) return commit();
    const layers = over(state, of.disk);
    await commitGuest(store, of.guest, commit, layerPuts(layers), (now) => onLayers(now, layers));
  }

  async function undo({ input: { of }, state: { next } }: Context): Promise<void> {
    const live = "guest" in of ? fleet.get(of.guest) : undefined;
    if (live) await activeLayers(fleet, live, live.id);
    if (next === undefined) return;
    await collectLayers(store, layerRoots);
    await dropLayer(fleet.parts, { id: next, path: layerPath(places.layers, next) });
  }
}
