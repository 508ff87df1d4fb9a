/**
 * Saves a guest's memory and devices to disk and ends its process; a start brings it back.
 *
 *   save (stopped; written whole or not at all) ──► end
 *     any failure before the end: the guest goes on
 */
import { rm } from "node:fs/promises";
import { defineOperation } from "#durable/operation/define";
import { abandonMigration, saveState } from "#hypervisor/qemu/migrate";
import type { MemoryKey } from "../volume/disk-key.ts";
import type { Fleet } from "./fleet.ts";
import { guestPlace } from "./place.ts";
import { guestById, guestKey, hidesMemory } from "./record.ts";
import { requireNotHeld } from "./held-to-host.ts";
import { requireAction } from "./state.ts";

export interface SuspendInput {
  readonly guest: string;
}

interface State {
  readonly wasPaused: boolean;
  /** What its file is encrypted with. */
  readonly key: MemoryKey;
}

export function defineSuspend({ fleet }: { readonly fleet: Fleet }) {
  const { store, places, events, diskKeys } = fleet.parts;
  return defineOperation<SuspendInput, State>({
    kind: "guest.suspend",
    steps: [
      {
        name: "look",
        async do({ input }) {
          const record = await guestById(store, input.guest);
          requireAction(record, "suspend");
          requireNotHeld(record, "be suspended");
          fleet.require(input.guest).requireTpm(record.name);
          const key = hidesMemory(record) ? diskKeys?.makeForMemory() : undefined;
          return { wasPaused: record.state === "paused", ...(key ? { key } : {}) };
        },
      },
      {
        name: "save",
        async do({ input, state, signal, progress }) {
          const live = fleet.require(input.guest);
          const place = guestPlace(places, input.guest);
          await fleet.become(input.guest, "suspending");
          await saveState(live.monitor, place.suspended, {
            ramExcluded: false,
            socket: place.outgoing,
            key: state.key && diskKeys?.openForMemory(state.key),
            signal,
            onProgress: (fraction) => progress({ fraction, message: "saving memory" }),
          });
        },
        async undo({ input, state }) {
          const live = fleet.get(input.guest);
          if (live) {
            await abandonMigration(live.monitor, !state.wasPaused).catch(() => undefined);
            await fleet.become(input.guest, state.wasPaused ? "paused" : "running");
          }
          const { suspended } = guestPlace(places, input.guest);
          for (const end of ["", ".partial"]) await rm(suspended + end, { force: true });
        },
      },
      {
        name: "end",
        commitPoint: true,
        async do({ input, state, commit }) {
          const key = guestKey(input.guest);
          const item = await store.get(key);
          const { stateReason: _, ...record } = await guestById(store, input.guest);
          const { suspended } = guestPlace(places, input.guest);
          // Suspended, and past the way back, at one moment: the process that is ended then is no loss.
          const change = {
            state: "suspended",
            stateSince: fleet.now(),
            suspendFile: suspended,
            ...(state.key ? { suspendKey: state.key } : {}),
          };
          await commit({
            compare: [{ key, revision: item!.revision }],
            put: [{ key, value: { ...record, ...change } }],
          });
          await fleet.get(input.guest)?.kill();
          await fleet.settled(input.guest);
          events.append({
            kind: "guest.suspended",
            guest: record,
            message: `${record.name} is suspended to disk`,
          });
        },
      },
    ],
  });
}
