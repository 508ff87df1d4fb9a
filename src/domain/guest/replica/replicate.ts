/**
 * Gives a guest a replica, and waits until that is in sync.
 *
 *   look ──► claim ──────────────────► copy
 *            in the guest's record:    keep.ts does it
 *            from then on it is kept
 */
import { LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { follow } from "#durable/store/follow";
import { update } from "#durable/store/update";
import type { Fleet } from "../fleet.ts";
import { guestById, guestKey, writtenLayers, type GuestRecord } from "../record.ts";
import type { CopyHosts } from "./hosts.ts";
import { requireFits, requireReplicable } from "./possible.ts";
import { wanted, type ReplicaRecord } from "./record.ts";
import { cargoOf } from "./session.ts";

export interface ReplicateInput {
  readonly guest: string;
  /** A host's id. */
  readonly to: string;
}

interface State {
  /** When it was claimed: whose it is. */
  readonly since: string;
  readonly state: ReplicaRecord["state"];
}

export interface ReplicateParts {
  readonly fleet: Fleet;
  readonly hosts: () => CopyHosts;
  /** Lets go of what was copied. */
  readonly drop: (record: GuestRecord) => Promise<void>;
}

type Context = StepContext<ReplicateInput, State>;

export function defineReplicate({ fleet, hosts, drop }: ReplicateParts) {
  const { store, clock } = fleet.parts;
  return defineOperation<ReplicateInput, State, { host: string; state: string }>({
    kind: "guest.replicate",
    resume: "forward",
    steps: [
      { name: "look", do: look },
      { name: "claim", do: claim, undo },
      { name: "copy", do: copy, undo },
    ],
    result: ({ input, state }) => ({ host: nameOf(input.to), state: state.state ?? "behind" }),
  });

  function nameOf(host: string): string {
    try {
      return hosts().find(host).name;
    } catch {
      return host;
    }
  }

  async function look({ input, signal }: Context): Promise<Pick<State, "since">> {
    const record = await guestById(store, input.guest);
    await requireReplicable(store, record);
    const host = hosts().find(input.to);
    // It is started there: nothing of its present run goes along.
    const cargo = { ...(await cargoOf(fleet, record, writtenLayers(record))), live: false };
    const { blockers } = await host.look(cargo, signal);
    requireFits(record, host.name, blockers);
    return { since: fleet.now() };
  }

  async function claim({ input, state }: Context): Promise<void> {
    const { since = fleet.now() } = state;
    const { id, name } = hosts().find(input.to);
    // Later than of any that it had before: those may be asked for yet.
    const epoch = Math.floor(clock.now() / 1000);
    await update<GuestRecord>(store, guestKey(input.guest), (now) => {
      if (!now) throw new LodgeError("guest.not_found", { guest: input.guest });
      if (now.replica && !isOurs(now.replica, input, since))
        throw new LodgeError("replica.exists", { guest: now.name, host: now.replica.host });
      return now.replica ? now : { ...now, replica: wanted({ id, name }, { since, epoch }) };
    });
  }

  async function copy({ input, signal, progress }: Context): Promise<Pick<State, "state">> {
    for await (const told of follow(store, guestKey(input.guest), signal)) {
      const last = told.type === "all" ? told.items[0] : told.events.at(-1);
      const record = last?.value as GuestRecord | undefined;
      const replica = record?.replica;
      if (!replica) throw new LodgeError("replica.none", { guest: record?.name ?? input.guest });
      // One at rest is copied when it runs.
      if (replica.state === "in-sync" || !fleet.get(input.guest)) return { state: replica.state };
      const left = replica.behind === undefined ? "" : `: ${Math.ceil(replica.behind / 2 ** 20)} MiB to go`;
      progress({ message: `its replica is ${replica.state}${left}` });
    }
    return { state: "behind" };
  }

  /** What was whole before this was given up stays: somebody else's. */
  async function undo({ input, state }: Context): Promise<void> {
    let had: GuestRecord | undefined;
    await update<GuestRecord>(store, guestKey(input.guest), (now) => {
      had = undefined;
      if (!now?.replica || state.since === undefined || !isOurs(now.replica, input, state.since)) return now;
      had = now;
      const { replica: _, ...rest } = now;
      return rest;
    });
    if (had) await drop(had);
  }
}

/** Has nothing happened to it since but what this operation waits for? */
const isOurs = (replica: ReplicaRecord, { to }: ReplicateInput, since: string): boolean =>
  replica.to === to && (replica.since === since || replica.whole === undefined);
