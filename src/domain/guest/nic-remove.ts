/**
 * Takes a network card out of a guest, also of one that runs, and frees its address.
 *
 *   unplug ──► remove (it is nobody's from here on)
 *     a failure before that: it is plugged in again
 */
import { closeSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { defineOperation } from "#durable/operation/define";
import { openTap } from "#hypervisor/net/open-tap";
import { plugNic, unplugNic } from "#hypervisor/qemu/nic";
import { isWired } from "../network/member.ts";
import { commitGuest } from "./commit.ts";
import type { Fleet } from "./fleet.ts";
import { nicPlan } from "./machine.ts";
import { holding, unplugLimit, type NicResult } from "./nic-add.ts";
import { findNic, guestById, toGuest, type GuestRecord } from "./record.ts";
import { requireAction } from "./state.ts";

export interface NicRemoveInput {
  readonly guest: string;
  readonly nic: string;
}

interface State {
  readonly shown: Guest;
}

export function defineNicRemove({ fleet }: { readonly fleet: Fleet }) {
  const { store, networks, events } = fleet.parts;
  return defineOperation<NicRemoveInput, State, NicResult>({
    kind: "nic.remove",
    steps: [
      {
        name: "unplug",
        async do({ input, signal }) {
          const record = await guestById(store, input.guest);
          requireAction(record, "remove-nic");
          const nic = findNic(record, input.nic);
          const { id, port } = nic;
          const live = fleet.get(input.guest);
          if (!live) return;
          const refuse = (reason: string) => new LodgeError("nic.not_live", { guest: record.name, reason });
          if (port === undefined || !isWired(nic)) throw refuse(`its card ${id} is a part of the machine`);
          const limit = AbortSignal.timeout(unplugLimit);
          try {
            await unplugNic(live.monitor, id, AbortSignal.any([signal, limit]));
          } catch (error) {
            if (limit.aborted && !signal.aborted) throw refuse(`it does not let go of its card ${id}`);
            throw error;
          }
        },
        async undo({ input }) {
          const live = fleet.get(input.guest);
          const record = await guestById(store, input.guest);
          const nic = record.nics.find(({ id }) => id === input.nic);
          if (!live || nic?.port === undefined || !isWired(nic)) return;
          // What was taken off the host already is made anew.
          await networks.attach(holding(record, nic));
          const tap = networks.tapOf(record.id, nic.id);
          const descriptor = openTap(tap);
          try {
            await plugNic(live.monitor, nicPlan(nic, record, descriptor), descriptor);
          } finally {
            closeSync(descriptor);
          }
        },
      },
      {
        name: "remove",
        commitPoint: true,
        async do({ input, commit }) {
          const before = await guestById(store, input.guest);
          const nic = before.nics.find(({ id }) => id === input.nic);
          const keys = nic ? networks.claims(before, [nic]).map(({ key }) => key) : [];
          if (nic) await networks.leave(before, nic);
          const without = (now: GuestRecord) => ({
            ...now,
            nics: now.nics.filter(({ id }) => id !== input.nic),
          });
          const record = await commitGuest(store, input.guest, commit, [], without, keys);
          await networks.guard.refresh();
          await networks.refreshPublishes(before);
          const message = `network card ${input.nic} of ${record.name} was removed`;
          events.append({ kind: "nic.removed", guest: record, message });
          return { shown: toGuest(record) };
        },
      },
    ],
    result: ({ input, state }) => ({ guest: state.shown!, nic: input.nic }),
  });
}
