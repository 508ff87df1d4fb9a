/**
 * Takes a guest that comes from outside: what this host does. (The source's part: send.ts; what both say: migrate/conversation.ts.)
 *
 *   files ──► ready ───────────────────────► verdict
 *    what      all of it is here; from now     the source's store has said whose it is: the guest is this
 *    is not    on the source alone decides     host's, or what came is removed
 *    here
 *     any failure before `ready`: nothing of it is left here
 */
import { mkdir } from "node:fs/promises";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { follow } from "#durable/store/follow";
import type { Put } from "#durable/store/store";
import type { DestroyParts } from "../destroy.ts";
import { addressed, addressedSnapshot, type Cargo } from "../migrate/cargo.ts";
import { hearTalk, type Berth } from "../migrate/arrive.ts";
import type { Conversation } from "../migrate/conversation.ts";
import { leaveHost } from "../migrate/leave.ts";
import type { Target } from "../migrate/move-record.ts";
import { layerRecords, plan, settle } from "../migrate/unpack.ts";
import { guestPlace } from "../place.ts";
import { guestKey } from "../record.ts";
import { snapshotKey, snapshotNameKey } from "../snapshot/record.ts";
import { givingUp, visitKey, visitOf, type VisitRecord } from "./visit-record.ts";

export interface ReceiveInput {
  readonly visit: string;
  readonly attempt: string;
  /** As this host is to have it, its secrets sealed here. */
  readonly cargo: Cargo;
  /** What its files are called at the source, where that is not as here. */
  readonly names: Readonly<Record<string, string>>;
}

export interface ReceiveResult {
  /** Is the guest here? */
  readonly here: boolean;
  readonly guest: string;
}

export interface ReceiveParts extends DestroyParts {
  readonly target: (cargo: Cargo) => Promise<Target>;
  /** The connections of a visit, while it is under way. */
  readonly berth: (visit: string) => Berth;
}

interface State {
  readonly here: boolean;
}

type Context = StepContext<ReceiveInput, State>;

export function defineReceive(parts: ReceiveParts) {
  const { fleet } = parts;
  const { store, places, events } = fleet.parts;

  return defineOperation<ReceiveInput, State, ReceiveResult>({
    kind: "guest.receive",
    steps: [
      { name: "files", do: (context) => telling(context, files), undo: clear },
      { name: "ready", commitPoint: true, do: (context) => ready(context), undo: clear },
      { name: "verdict", do: verdict },
    ],
    result: ({ input, state }) => ({ here: state.here === true, guest: input.cargo.guest.name }),
  });

  /** The source hears why it fails here, as far as it still can. */
  async function telling(
    context: Context,
    work: (context: Context, talk: Conversation) => Promise<void>,
  ): Promise<void> {
    const talk = await hearTalk(parts.berth(context.input.visit), context.signal);
    try {
      await work(context, talk);
    } catch (error) {
      talk.say({ say: "failed", problem: asLodgeError(error).toProblem() });
      throw error;
    }
  }

  async function files({ input, signal, save, progress }: Context, talk: Conversation): Promise<void> {
    const unpacked = await plan(fleet.parts, input.cargo);
    await mkdir(guestPlace(places, input.cargo.guest.id).folder, { recursive: true, mode: 0o700 });
    await save({}, { put: layerRecords(unpacked) });
    progress({ message: "its files come" });
    const all = parts.berth(input.visit).expect(unpacked.wanted);
    all.catch(() => undefined);
    const files = [...unpacked.wanted.keys()].map((name) => input.names[name] ?? name);
    talk.say({ say: "wants", files });
    await talk.hear("sent", signal);
    await all;
    await settle(fleet.parts, unpacked);
  }

  /** What it commits is not that the guest is here, but that this host says nothing more about that. */
  async function ready(context: Context): Promise<void> {
    const { input, commit } = context;
    const item = await store.get(visitKey(input.visit));
    const visit = item && visitOf(item);
    if (!item || !visit || !isComing(visit, input.attempt)) return;
    const { talk } = parts.berth(input.visit);
    if (visit.state === "coming") {
      const value: VisitRecord = { ...visit, state: "waiting", records: await recordsOf(input.cargo) };
      await hearTalk({ talk }, context.signal);
      await commit({
        compare: [{ key: item.key, revision: item.revision }],
        put: [{ key: item.key, value }],
      });
    }
    // Where an earlier daemon had committed it, the source is told by nobody, finds the connection cut and keeps the guest.
    (await Promise.race([talk, undefined]))?.say({ say: "ready" });
  }

  async function recordsOf(cargo: Cargo): Promise<Put[]> {
    const { guest, snapshots } = cargo;
    const { kernel } = await parts.target(cargo);
    return [
      { key: guestKey(guest.id), value: addressed(guest, places, kernel ? { kernel } : {}) },
      ...snapshots.flatMap((snapshot) => [
        { key: snapshotKey(snapshot.id), value: addressedSnapshot(snapshot, places) },
        { key: snapshotNameKey(guest.id, snapshot.name), value: snapshot.id },
      ]),
    ];
  }

  async function verdict(context: Context): Promise<State> {
    const { input, progress, signal } = context;
    const { guest } = input.cargo;
    progress({ fraction: 0.9, message: "all of it is here; its source has the last word" });
    await decided(input, signal);
    const here = (await store.get(guestKey(guest.id))) !== undefined;
    if (!here) {
      await clear(context);
      return { here };
    }
    const visit = (await store.get(visitKey(input.visit)))?.value as VisitRecord | undefined;
    const from = visit?.visitor?.name ?? "outside";
    events.append({ kind: "guest.moved", guest, message: `${guest.name} has come from ${from}` });
    return { here };
  }

  async function decided({ visit, attempt }: ReceiveInput, signal: AbortSignal): Promise<void> {
    const found = new AbortController();
    try {
      for await (const told of follow(store, visitKey(visit), AbortSignal.any([signal, found.signal]))) {
        void told;
        const item = await store.get(visitKey(visit));
        if (!item || !isComing(visitOf(item), attempt)) return;
      }
      signal.throwIfAborted();
    } finally {
      found.abort();
    }
  }

  /** Nothing of it is left here, unless it has become this host's. */
  async function clear({ input }: Context): Promise<void> {
    const { visit, attempt, cargo } = input;
    await giveUp(visit, attempt);
    if (await store.get(guestKey(cargo.guest.id))) return;
    await leaveHost(parts, cargo.guest, undefined);
  }

  async function giveUp(visit: string, attempt: string): Promise<void> {
    for (;;) {
      const item = await store.get(visitKey(visit));
      if (!item || !isComing(visitOf(item), attempt)) return;
      try {
        await store.transact(givingUp(item));
        return;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }
}

/** Is it still on its way by this very attempt? */
const isComing = (visit: VisitRecord, attempt: string): boolean =>
  visit.attempt === attempt && (visit.state === "coming" || visit.state === "waiting");

/** @throws LodgeError guest.busy */
export const busy = (error: unknown, guest: string): unknown =>
  hasCode(error, "operation.target_busy")
    ? new LodgeError("guest.busy", { guest, operation: error.params["operation"] ?? "" })
    : error;
