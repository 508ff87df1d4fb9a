/**
 * Makes a guest: from a parked template by fork, or from an image by booting.
 *
 *   (record, name, addresses and layers appear in one transaction with the operation itself)
 *   prepare ──► start ──► identity ──► network ──► wait
 *      │ files, taps   │ QEMU      │ a fork becomes itself, while its link is down
 *      └───────────────┴───────────┴── any failure: the guest is destroyed, nothing is left
 *
 * A fork's link comes up only after it has its own MAC and address: at no moment do two guests answer
 * with one. A guest that booted and whose agent stays silent is kept: its owner will want to look.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { hasCode } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import type { ProcessRef } from "#base/process";
import { defineOperation } from "#durable/operation/define";
import type { SealKey } from "#durable/store/seal";
import { seedVolume } from "#hypervisor/image/seed";
import { layerById, makeLayer, type LayerSource } from "../volume/layer.ts";
import { becomeItself } from "./become-itself.ts";
import { destroyGuest, type DestroyParts } from "./destroy.ts";
import { seedOf } from "./identity.ts";
import { launch } from "./launch.ts";
import { hasSeed } from "./machine.ts";
import { guestPlace } from "./place.ts";
import { guestById, toGuest, type GuestRecord } from "./record.ts";
import { waitFor, type WaitInput } from "./wait.ts";

export interface CreateInput extends WaitInput {
  readonly layers: readonly LayerSource[];
  readonly start: boolean;
  /** Media of the drives by their id. */
  readonly media: Readonly<Record<string, string>>;
}

interface State {
  /** Why the wait was given up, where it was. */
  readonly warning: string;
  readonly shown: Guest;
}

export interface CreateResult {
  readonly guest: Guest;
  readonly warning?: string;
}

export interface CreateParts extends DestroyParts {
  readonly key: SealKey;
  readonly clock: Clock;
  /** A parked template, and how its state is loaded. @throws LodgeError template.not_found */
  readonly parked: (template: string) => Promise<{ readonly holder: ProcessRef; readonly state: string }>;
}

/** Why nothing can be waited for in a guest that booted. */
const silences = [
  "agent.unreachable",
  "agent.lost",
  "agent.absent",
  "agent.unsupported",
  "agent.command_not_found",
] as const;

export function defineCreate(parts: CreateParts) {
  const { fleet } = parts;
  const { store, networks, places } = fleet.parts;
  const undo = ({ input }: { input: CreateInput }) => destroyGuest(parts, input.guest);
  return defineOperation<CreateInput, State, CreateResult>({
    kind: "guest.create",
    journal: "ends",
    steps: [
      {
        name: "prepare",
        async do({ input, signal, progress }) {
          const record = await guestById(store, input.guest);
          await mkdir(guestPlace(places, record.id).folder, { recursive: true, mode: 0o700 });
          const onProgress = (fraction: number) =>
            progress({ fraction: fraction / 2, message: "copying the disk" });
          const keys = await layerKeys(record);
          await Promise.all([
            ...input.layers.map((source) =>
              makeLayer(source, { signal, onProgress, key: keys.get(source.path) }),
            ),
            networks.attach(record),
          ]);
        },
        undo,
      },
      {
        name: "start",
        async do({ input, signal }) {
          if (!input.start) return void (await fleet.become(input.guest, "stopped"));
          const record = await guestById(store, input.guest);
          if (input.template === undefined) await bootNew(record, input, signal);
          else await forkNew(record, input.template, signal);
        },
        undo,
      },
      {
        name: "identity",
        async do({ input, signal }) {
          if (!input.start || input.template === undefined) return;
          await becomeItself({ fleet, key: parts.key, clock: parts.clock }, input.guest, signal);
        },
        undo,
      },
      {
        name: "wait",
        async do({ input, signal, progress }) {
          if (!input.start) return;
          try {
            await waitFor(parts, input, signal, (message) => progress({ message }));
          } catch (error) {
            if (input.template !== undefined || !hasCode(error, ...silences)) throw error;
            return { warning: `${error.message} ${error.hint}` };
          }
        },
        undo,
      },
      {
        name: "finish",
        commitPoint: true,
        async do({ input }) {
          return { shown: toGuest(await guestById(store, input.guest)) };
        },
      },
    ],
    result: ({ state }) => ({
      guest: state.shown!,
      ...(state.warning === undefined ? {} : { warning: state.warning }),
    }),
  });

  /** The keys of its encrypted layers, by their paths. */
  async function layerKeys(record: GuestRecord): Promise<Map<string, string>> {
    const keys = new Map<string, string>();
    for (const { encrypted, layer: id } of record.disks) {
      if (!encrypted) continue;
      const layer = await layerById(store, id);
      const key = fleet.parts.diskKeys?.open(layer);
      if (key !== undefined) keys.set(layer.path, key);
    }
    return keys;
  }

  async function bootNew(record: GuestRecord, input: CreateInput, signal: AbortSignal): Promise<void> {
    const place = guestPlace(places, record.id);
    if (hasSeed(record)) await writeFile(place.seed, seedVolume(seedOf(record, parts.key)), { mode: 0o600 });
    const live = await launch(fleet.parts, record, { media: input.media, signal });
    fleet.track(live);
    await live.monitor.execute("cont");
    live.settle();
    await fleet.become(record.id, "running");
  }

  async function forkNew(record: GuestRecord, template: string, signal: AbortSignal): Promise<void> {
    const { holder, state } = await parts.parked(template);
    const live = await launch(fleet.parts, record, {
      parked: { template, holder },
      state: { file: state, ramExcluded: true },
      signal,
    });
    fleet.track(live);
    // The link is up in a new QEMU; the parked guest knows it as down and must not find it otherwise.
    for (const { id } of record.nics) await live.monitor.execute("set_link", { name: id, up: false });
    await live.monitor.execute("cont");
  }
}
