/**
 * Gives a guest one more network card; into one that runs it is plugged.
 *
 *   claim (its address, beside the guest's record) ──► plug (tap, names, card) ──► keep (it is the guest's)
 *     any failure: it is taken out again, and its address is free
 */
import { closeSync } from "node:fs";
import { hasCode, LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { mostNics, type NicAdd } from "#contract/schema/network";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { openTap } from "#hypervisor/net/open-tap";
import { hasPorts, nicPorts, plugNic, unplugNic } from "#hypervisor/qemu/nic";
import type { RecordedNic } from "../network/member.ts";
import { networksStay } from "../network/record.ts";
import { commitGuest } from "./commit.ts";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { hasNicPorts, nicPlan } from "./machine.ts";
import { guestById, toGuest, type GuestRecord } from "./record.ts";
import { requireAction } from "./state.ts";

export interface NicAddInput extends NicAdd {
  readonly guest: string;
}

interface State {
  readonly nic: RecordedNic;
  readonly shown: Guest;
}

export interface NicResult {
  readonly guest: Guest;
  /** Its id. */
  readonly nic: string;
}

type Context = StepContext<NicAddInput, State>;

/** Milliseconds that a guest has to let go of a card. */
export const unplugLimit = 20_000;

/** Milliseconds within which a guest that has a driver for the card has found it. */
const appearLimit = 10_000;

/** Who this card belongs to, as its networks see it. */
export const holding = (record: GuestRecord, nic: RecordedNic) => ({ ...record, nics: [nic], publish: [] });

/** The lowest id that no card has, and the port for it, where the machine has one free. */
function placeFor(record: GuestRecord): Pick<RecordedNic, "id" | "port"> {
  const ids = new Set(record.nics.map(({ id }) => id));
  const id = Array.from({ length: mostNics }, (_, i) => `nic${i}`).find((each) => !ids.has(each));
  if (id === undefined) throw new LodgeError("nic.too_many", { guest: record.name, limit: mostNics });
  const used = new Set(record.nics.map(({ port }) => port));
  const ports = hasNicPorts(record) ? nicPorts : 0;
  const port = Array.from({ length: ports }, (_, i) => i).find((each) => !used.has(each));
  return { id, ...(port === undefined ? {} : { port }) };
}

export function defineNicAdd({ fleet }: { readonly fleet: Fleet }) {
  const { store, networks, events } = fleet.parts;
  return defineOperation<NicAddInput, State, NicResult>({
    kind: "nic.add",
    steps: [
      {
        name: "claim",
        do: claim,
        async undo({ input, state }) {
          if (!state.nic) return;
          const record = await guestById(store, input.guest).catch(() => undefined);
          if (!record) return;
          await networks.leave(record, state.nic);
          await store.transact({ delete: networks.claims(record, [state.nic]).map(({ key }) => key) });
        },
      },
      {
        name: "plug",
        do: plug,
        async undo({ input, state }) {
          const live = fleet.get(input.guest);
          if (live && state.nic)
            await unplugNic(live.monitor, state.nic.id, AbortSignal.timeout(unplugLimit));
        },
      },
      {
        name: "keep",
        commitPoint: true,
        async do({ input, state, commit }) {
          const nic = state.nic!;
          const record = await commitGuest(store, input.guest, commit, [], (now) => ({
            ...now,
            nics: [...now.nics, nic],
          }));
          await networks.guard.refresh();
          await networks.refreshPublishes(record);
          const message = `${record.name} has one more network card, ${nic.id} in ${nic.network}`;
          events.append({ kind: "nic.added", guest: record, message });
          return { shown: toGuest(record) };
        },
      },
    ],
    result: ({ state }) => ({ guest: state.shown!, nic: state.nic!.id }),
  });

  async function claim({ input, save }: Context): Promise<void> {
    const { guest, ...wish } = input;
    const record = await guestById(store, guest);
    requireAction(record, "add-nic");
    const { id, port } = placeFor(record);
    const live = fleet.get(guest);
    if (live && (port === undefined || !(await hasPorts(live.monitor)))) {
      const reason = hasNicPorts(record)
        ? "all its ports for network cards are taken"
        : "it was made before there were ports to plug network cards into";
      throw new LodgeError("nic.not_live", { guest: record.name, reason });
    }
    if (live && (await networks.byName(wish.network, record.project)).kind === "user") {
      const reason =
        "a network of kind user is a part of its process, which has it from its start or not at all";
      throw new LodgeError("nic.not_live", { guest: record.name, reason });
    }
    for (let attempt = 0; ; attempt++) {
      const made = await networks.newNic(id, wish, record.project);
      const nic = { ...made, ...(port === undefined ? {} : { port }) };
      const claims = networks.claims(record, [nic]);
      await save({ nic });
      try {
        await store.transact({
          compare: [
            ...claims.map(({ key }) => ({ key, revision: "absent" as const })),
            ...(await networksStay(store, record.project, [nic])),
          ],
          put: claims,
        });
        return;
      } catch (error) {
        // Somebody took the same address at this very moment.
        if (!hasCode(error, "store.conflict") || attempt === 5) throw error;
      }
    }
  }

  async function plug({ input, state, signal }: Context): Promise<void> {
    const live = fleet.get(input.guest);
    if (!live) return;
    const record = await guestById(store, input.guest);
    const nic = state.nic!;
    await networks.attach(holding(record, nic));
    const tap = networks.tapOf(record.id, nic.id);
    const whole = { ...record, nics: [...record.nics, nic] };
    const descriptor = openTap(tap);
    try {
      await plugNic(live.monitor, nicPlan(nic, whole, descriptor), descriptor);
    } finally {
      closeSync(descriptor);
    }
    await introduce(live, record, nic, signal);
  }

  /**
   * Has Lodge's agent bring the card up, with its address. Without, and where that fails, it is the guest's own affair,
   * as with any card that is plugged into a machine: DHCP tells it the same.
   */
  async function introduce(
    live: LiveGuest,
    record: GuestRecord,
    nic: RecordedNic,
    signal: AbortSignal,
  ): Promise<void> {
    if (record.agent !== "lodge") return;
    const { gateway: _, gateway6: _six, ...settings } = (await networks.settings(record, nic)) ?? {};
    const tell = () => live.agent.identity({ networks: [{ mac: nic.mac, ...settings }] }, { signal });
    const patience = { clock: systemClock, signal, first: 50, longest: 500, timeout: appearLimit };
    try {
      // Its driver takes a moment to find it.
      await retry(tell, { ...patience, again: (error) => hasCode(error, "agent.identity") });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LodgeError)) throw error;
    }
  }
}
