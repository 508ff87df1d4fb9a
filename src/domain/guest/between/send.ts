/**
 * Sends a guest at rest to a host outside: what its source does. (The other host's part: receive.ts.)
 *
 *   look ──► prepare ──────────► hand-over ─────────────► tell ───────────► leave
 *    what     the other host      its record goes, and     the other host    its files go
 *    blocks   gets its files      the verdict is written   hears of it
 *     any failure before the verdict: the guest is here, and the other host is told to take away what came
 *
 * The verdict (verdict.ts) is told as often as it takes. What this host has of the guest stays until it was heard.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { MoveWishes } from "#contract/schema/move";
import type { Clock } from "#base/clock";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { SealKey } from "#durable/store/seal";
import type { Item, Put } from "#durable/store/store";
import type { DestroyParts } from "../destroy.ts";
import { packCargo, type Cargo } from "../migrate/cargo.ts";
import { Conversation } from "../migrate/conversation.ts";
import { requireClear } from "../migrate/depart.ts";
import { leaveHost } from "../migrate/leave.ts";
import { blockersHere, type Blocker } from "../migrate/preflight.ts";
import { sendFiles } from "../migrate/send-files.ts";
import { guestById, guestKey, guestNameKey, writtenLayers, type GuestRecord } from "../record.ts";
import { heldLayers, recordKeys, snapshotsOf } from "../snapshot/record.ts";
import { hasProcess, requireAction } from "../state.ts";
import type { HostAbroad, HostsAbroad, VisitProspect } from "./host-abroad.ts";
import { opened } from "./secrets.ts";
import { keepHere, verdictKey, verdictOf, type Verdict } from "./verdict.ts";

export interface SendInput {
  readonly guest: string;
  readonly visit: string;
  /** What the other host calls itself. */
  readonly host: string;
  readonly wishes: MoveWishes;
}

interface State {
  readonly record: GuestRecord;
  /** Of the guest's record, as it was packed. */
  readonly revision: number;
  /** The other host had heard before that the guest stays. */
  readonly back: boolean;
}

export interface SendResult {
  /** Where it is; absent: here, since the other host's admin has let it go. */
  readonly host?: string;
}

export interface SendParts extends DestroyParts {
  readonly key: SealKey;
  readonly clock: Clock;
  readonly abroad: HostsAbroad;
  /** Tells a verdict later, since it could not be told now. */
  readonly tellLater: (verdict: Verdict) => void;
}

type Context = StepContext<SendInput, State>;

/** Milliseconds between two times that the other host is told, and for one that is told beside something else. */
const pause = 2_000;
const patience = 5_000;

/** All that stands in the way of a guest's going there, and what goes. */
export async function lookAbroad(
  { fleet, layerRoots, key }: Pick<SendParts, "fleet" | "layerRoots" | "key">,
  guest: GuestRecord,
  host: HostAbroad,
  { wishes, signal }: { readonly wishes: MoveWishes; readonly signal: AbortSignal },
): Promise<VisitProspect> {
  const cargo = opened(await packCargo(fleet.parts, guest, layerRoots), key);
  const { blockers, bytes, warnings } = await host.look(cargo, wishes, signal);
  return { blockers: [...alone(cargo), ...blockers], bytes, warnings };
}

/** Nothing is in common with a host outside: what is no file does not go. */
function alone(cargo: Cargo): Blocker[] {
  const layers = cargo.layers.map(({ shared: _, ...packed }) => packed);
  return blockersHere({ ...cargo, layers }, { stuck: false, inPlace: [] });
}

/** @throws LodgeError guest.wrong_state, visit.live */
export function requireRest(record: GuestRecord): void {
  requireAction(record, "move");
  if (hasProcess(record.state)) throw new LodgeError("visit.live", { guest: record.name });
}

export function defineSend(parts: SendParts) {
  const { fleet, abroad, clock } = parts;
  const { store, events, networks } = fleet.parts;
  const talks = new Map<string, Conversation>();

  return defineOperation<SendInput, State, SendResult>({
    kind: "guest.send",
    steps: [
      { name: "look", do: look },
      { name: "prepare", do: prepare, undo: giveUp },
      { name: "hand-over", commitPoint: true, do: handOver },
      { name: "tell", do: tell },
      { name: "leave", do: leave },
    ],
    result: ({ input, state }) => (state.back ? {} : { host: input.host }),
  });

  async function look({ input, signal }: Context): Promise<Partial<State>> {
    const record = await guestById(store, input.guest);
    requireRest(record);
    const host = await abroad.find(input.visit);
    try {
      const { wishes } = input;
      const { blockers } = await lookAbroad(parts, record, host, { wishes, signal });
      requireClear(record, host, blockers);
    } finally {
      host.close();
    }
    return { record };
  }

  async function prepare(context: Context): Promise<void> {
    const { operationId: id, input, signal, save } = context;
    const host = await abroad.find(input.visit);
    try {
      const item = await itemOf(input.guest);
      const record = item.value as GuestRecord;
      requireRest(record);
      await save({ record, revision: item.revision });
      const cargo = await packCargo(fleet.parts, record, parts.layerRoots);
      await host.begin(opened(cargo, parts.key), input.wishes, signal);
      const talk = new Conversation(await host.connect(input.visit, { kind: "talk" }, signal));
      talks.set(id, talk);
      const { files } = await talk.hear("wants", signal);
      await sendFiles({ fleet, cargo, destination: host, move: input.visit, files }, context);
      talk.say({ say: "sent" });
      await talk.hear("ready", signal);
    } finally {
      host.close();
    }
  }

  async function itemOf(guest: string): Promise<Item> {
    const item = await store.get(guestKey(guest));
    if (!item) throw new LodgeError("guest.not_found", { guest });
    return item;
  }

  /** The moment at which the guest is the other host's. What goes is what was sent, and nothing newer. */
  async function handOver({ input, state, commit }: Context): Promise<void> {
    const { guest, visit } = input;
    // It was committed before, by a daemon that ended then.
    if ((await verdictOf(store, visit))?.taken) return;
    const record = state.record!;
    const snapshots = await snapshotsOf(store, guest);
    const keys = [guestKey(guest), ...snapshots.flatMap(recordKeys)];
    const items = (await Promise.all(keys.map((key) => store.get(key)))).filter((one) => one !== undefined);
    const held = [writtenLayers(record), ...snapshots.map(heldLayers)];
    const verdict: Verdict = {
      visit,
      guest,
      taken: true,
      layers: held.flatMap((of) => Object.values(of)),
      records: items.map(({ key, value }): Put => ({ key, value })),
    };
    try {
      await commit({
        compare: [
          { key: guestKey(guest), revision: state.revision! },
          ...items.slice(1).map(({ key, revision }) => ({ key, revision })),
          { key: verdictKey(visit), revision: "absent" },
        ],
        put: [{ key: verdictKey(visit), value: verdict }],
        delete: keys,
      });
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      throw new LodgeError("visit.changed", { guest: record.name }, { cause: error });
    }
  }

  /** As often as it takes. */
  async function tell({ operationId: id, input, progress, signal }: Context): Promise<Partial<State>> {
    talks.get(id)?.close();
    talks.delete(id);
    for (;;) {
      signal.throwIfAborted();
      const verdict = await verdictOf(store, input.visit);
      if (!verdict?.taken) return {};
      if (verdict.settled) return { back: verdict.settled === "here" };
      const host = await abroad.find(input.visit);
      try {
        return { back: !(await host.end(input.guest, true, signal)) };
      } catch (error) {
        signal.throwIfAborted();
        const why = error instanceof LodgeError ? error.message : String(error);
        const lost = `If ${input.host} is lost for good, 'lodge arrival settle ${input.visit} --take' takes the guest back.`;
        const message = `${input.host} is still to hear that the guest is its: ${why} ${lost}`;
        progress({ fraction: 0.95, message });
        await clock.sleep(pause, signal);
      } finally {
        host.close();
      }
    }
  }

  async function leave({ input, state }: Context): Promise<void> {
    const record = state.record!;
    const verdict = await verdictOf(store, input.visit);
    if (state.back) return verdict && comeBack(record, verdict);
    if (verdict) {
      const claims = [
        guestNameKey(record.project, record.name),
        ...networks.claims(record, record.nics).map(({ key }) => key),
      ];
      const own = (await Promise.all(claims.map((key) => store.get(key))))
        .filter((item) => item?.value === record.id)
        .map((item) => item!.key);
      await store.transact({ delete: [verdictKey(input.visit), ...own] });
      const message = `${record.name} is on ${input.host}`;
      events.append({ kind: "guest.moved", guest: record, message });
    }
    await leaveHost(parts, record, undefined);
  }

  /** The other host's admin has said that the guest is not to be there. */
  async function comeBack(record: GuestRecord, { visit, records = [] }: Verdict): Promise<void> {
    await store.transact({
      compare: [{ key: guestKey(record.id), revision: "absent" }],
      put: records,
      delete: [verdictKey(visit)],
    });
  }

  /** The guest is here, unless it is found to be the other host's already. */
  async function giveUp(context: Context): Promise<void> {
    const { operationId: id, input, state } = context;
    talks.get(id)?.close();
    talks.delete(id);
    if (!state.record || state.revision === undefined) return;
    const verdict = await keepHere(store, input.visit, input.guest);
    if (!verdict.taken) return tellKept(verdict);
    const { back } = await tell(context);
    await leave({ ...context, state: { ...state, ...(back === undefined ? {} : { back }) } });
  }

  async function tellKept(verdict: Verdict): Promise<void> {
    const host = await abroad.find(verdict.visit);
    try {
      await host.end(verdict.guest, false, AbortSignal.timeout(patience));
      await store.transact({ delete: [verdictKey(verdict.visit)] });
    } catch {
      parts.tellLater(verdict);
    } finally {
      host.close();
    }
  }
}
