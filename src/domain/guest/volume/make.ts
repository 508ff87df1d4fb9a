/**
 * Makes a volume: an empty one, or one with what a frozen layer holds.
 *
 *   (record and name appear in one transaction with the operation itself: what is promised of the pool counts)
 *   fill (its file) ──► finish
 *     any failure: nothing is left
 *
 * What it is made of is held by its record meanwhile, so whoever has that may go on, or go.
 */
import { defineOperation, type StepContext } from "#durable/operation/define";
import {
  collectLayers,
  dropLayer,
  layerKey,
  makeLayer,
  type Layer,
  type LayerSource,
} from "../../volume/layer.ts";
import { volumeById, volumeKey, volumeNameKey } from "../../volume/record.ts";
import type { DestroyParts } from "../destroy.ts";
import { keyedChain } from "../disk-plan.ts";

export interface MakeInput {
  readonly volume: string;
  readonly layer: Layer;
  readonly source: LayerSource;
}

export interface VolumeResult {
  readonly volume: string;
  readonly name: string;
}

interface State {
  readonly name: string;
}

type Context = StepContext<MakeInput, State>;

export function defineMakeVolume({ fleet, layerRoots }: DestroyParts) {
  const { store, events } = fleet.parts;
  return defineOperation<MakeInput, State, VolumeResult>({
    kind: "volume.create",
    steps: [
      { name: "fill", do: fill, undo },
      { name: "finish", commitPoint: true, do: finish, undo },
    ],
    result: ({ input, state }) => ({ volume: input.volume, name: state.name! }),
  });

  async function fill({ input, signal, progress }: Context): Promise<State> {
    const { name, place } = await volumeById(store, input.volume);
    const source = place.kind === "making" ? place.source : undefined;
    const onProgress = (fraction: number) => progress({ fraction, message: "copying" });
    const key = fleet.parts.diskKeys?.open(input.layer);
    const chain = source === undefined ? undefined : await keyedChain(fleet.parts, source);
    await makeLayer(input.source, { signal, onProgress, key, chain });
    return { name };
  }

  async function finish({ input, state, commit }: Context): Promise<void> {
    const { layer } = input;
    const record = await volumeById(store, input.volume);
    await commit({
      put: [
        { key: layerKey(layer.id), value: layer },
        { key: volumeKey(record.id), value: { ...record, place: { kind: "rest", layer: layer.id } } },
      ],
    });
    const message = `volume ${state.name} was made`;
    events.append({ kind: "volume.created", project: record.project, message });
  }

  async function undo({ input }: Context): Promise<void> {
    const { value } = (await store.get(volumeKey(input.volume))) ?? {};
    if (value) {
      const { id, project, name } = value as Awaited<ReturnType<typeof volumeById>>;
      await store.transact({ delete: [volumeKey(id), volumeNameKey(project, name)] });
    }
    await dropLayer(fleet.parts, input.layer);
    await collectLayers(store, layerRoots);
  }
}
