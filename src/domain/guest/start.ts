/**
 * Starts a guest that rests: boots it, or brings a suspended one back exactly where it was.
 *
 *   check (its files are there) ──► network ──► launch ──► go
 *     any failure: the process is ended, the guest is what it was before
 */
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { defineOperation } from "#durable/operation/define";
import { update } from "#durable/store/update";
import type { SealKey } from "#durable/store/seal";
import { seedVolume } from "#hypervisor/image/seed";
import { checkChain } from "../volume/layer.ts";
import { toStart } from "./demands.ts";
import type { Fleet } from "./fleet.ts";
import { seedOf } from "./identity.ts";
import { launch } from "./launch.ts";
import { hasSeed } from "./machine.ts";
import { guestPlace } from "./place.ts";
import { guestById, guestKey, toGuest, writtenLayers, type GuestRecord, type GuestState } from "./record.ts";
import { requireAction } from "./state.ts";

export interface StartInput {
  readonly guest: string;
  /** Leave its processors halted, as they were when it was suspended. */
  readonly paused?: boolean;
}

export interface StartParts {
  readonly fleet: Fleet;
  readonly key: SealKey;
  readonly imagePath: (image: string) => Promise<string>;
  /** The file of what is in a drive. */
  readonly mediumPath: (image: string, project: string) => Promise<string>;
  /** @throws LodgeError guest.memory_unavailable */
  readonly requireMemory: (record: GuestRecord) => Promise<void>;
}

interface State {
  readonly from: GuestState;
  readonly shown: Guest;
}

export function defineStart(parts: StartParts) {
  const { fleet } = parts;
  const { store, networks, places } = fleet.parts;
  return defineOperation<StartInput, State, { guest: Guest }>({
    kind: "guest.start",
    steps: [
      {
        name: "check",
        async do({ input }) {
          const record = await guestById(store, input.guest);
          requireAction(record, "start");
          for (const layer of Object.values(writtenLayers(record)))
            await checkChain(store, record.name, layer, parts.imagePath);
          if (record.state === "suspended") await requireSuspended(record);
          await parts.requireMemory(record);
          return { from: record.state };
        },
      },
      {
        name: "start",
        async do({ input, signal }) {
          const demand = async () => toStart(await guestById(store, input.guest));
          const record = await fleet.parts.pass(demand, () => fleet.become(input.guest, "starting"));
          await mkdir(guestPlace(places, record.id).folder, { recursive: true, mode: 0o700 });
          await networks.attach(record);
          await startProcess(record, signal);
        },
        async undo({ input, state }) {
          await fleet.get(input.guest)?.kill();
          await fleet.settled(input.guest);
          const from = state.from ?? "stopped";
          const record = await update<GuestRecord>(store, guestKey(input.guest), (now) =>
            now && now.state !== "running" ? { ...now, state: from } : now,
          );
          if (!record || record.state === "running") return;
          await networks.detach(record);
          await rm(guestPlace(places, record.id).run, { recursive: true, force: true });
        },
      },
      {
        name: "go",
        commitPoint: true,
        async do({ input, commit }) {
          const live = fleet.require(input.guest);
          // Before its processors go on: from then on its disks change, and what was saved fits them no more.
          await commit();
          await forgetRest(await guestById(store, input.guest));
          if (!input.paused) await live.monitor.execute("cont");
          live.settle();
          return { shown: toGuest(await fleet.become(input.guest, input.paused ? "paused" : "running")) };
        },
      },
    ],
    result: ({ state }) => ({ guest: state.shown! }),
  });

  async function startProcess(record: GuestRecord, signal: AbortSignal): Promise<void> {
    const { suspendFile: file, suspendKey: key } = record;
    const state = file === undefined ? undefined : { file, key, ramExcluded: false };
    const media = await mediaOf(record);
    const live = await launch(fleet.parts, record, { signal, media, ...(state ? { state } : {}) });
    fleet.track(live);
  }

  /** The seed is written anew: what it says may have changed since (name, keys). */
  async function mediaOf(record: GuestRecord): Promise<Record<string, string>> {
    const media: Record<string, string> = {};
    for (const { id, image } of record.drives)
      if (image !== undefined) media[id] = await parts.mediumPath(image, record.project);
    if (hasSeed(record) && record.suspendFile === undefined) {
      const { seed } = guestPlace(places, record.id);
      await writeFile(seed, seedVolume(seedOf(record, parts.key)), { mode: 0o600 });
    }
    return media;
  }

  async function requireSuspended(record: GuestRecord): Promise<void> {
    const path = record.suspendFile ?? "";
    await access(path).catch((cause: unknown) => {
      throw new LodgeError("guest.disk_missing", { path, guest: record.name }, { cause });
    });
  }

  /** It is back: nothing of its rest is needed any more. */
  async function forgetRest(record: GuestRecord): Promise<void> {
    await update<GuestRecord>(store, guestKey(record.id), (now) => {
      if (!now || (now.suspendFile === undefined && now.comesBack === undefined)) return now;
      const { suspendFile: _, suspendKey: _key, comesBack: _back, ...rest } = now;
      return rest;
    });
    if (record.suspendFile !== undefined) await rm(record.suspendFile, { force: true });
  }
}
