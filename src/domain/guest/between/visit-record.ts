/**
 * A visit: one guest that may come to this host from outside its cluster. The record is this host's own, and says all that the other
 * one may.
 *
 *   visits/ID
 *
 *     offered ──► entered ──► coming ──► waiting ──► here
 *      (token)      ▲ │(look)   │           │   the source's store has said that the guest is this host's
 *                   └─┴─────────┴───────────┘   the source keeps it, or it came to nothing here
 *
 * Two stores cannot change in one transaction. So the source's decides, in one of its own (verdict.ts), and this host is told as often as it
 * takes. From `waiting` on this host decides nothing by itself: it has all of the guest, and neither starts nor removes it before it was
 * told, or its admin has said so.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { Arrival } from "#contract/schema/arrival";
import type { Item, Put, ReadStore, Store } from "#durable/store/store";
import { digestOf } from "../../access/secret.ts";

export interface VisitRecord {
  readonly id: string;
  /** "HOST:PORT" at which this host waits for it. */
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Until when it may begin; what is under way then goes on. */
  readonly expiresAt: number;
  readonly state: Arrival["state"];
  /** Digest of the token's secret. */
  readonly secret: string;
  /** The host that has shown the token: SHA-256 of its certificate, and what it calls itself. */
  readonly visitor?: { readonly fingerprint: string; readonly name: string };
  readonly guest?: { readonly id: string; readonly name: string; readonly project: string };
  /** Tells this time from an earlier one by the same token. */
  readonly attempt?: string;
  /** Layers that are here, or on their way, for it: nobody's garbage. */
  readonly layers?: readonly string[];
  /** Keys that are kept for it: its name, its addresses. */
  readonly claims?: readonly string[];
  /** Of one that waits: what makes the guest this host's. */
  readonly records?: readonly Put[];
}

export const visitPrefix = "visits/";
export const visitKey = (id: string): string => visitPrefix + id;

export const visitOf = (item: Item): VisitRecord => item.value as VisitRecord;

export const listVisits = async (store: ReadStore): Promise<VisitRecord[]> =>
  (await store.list(visitPrefix)).items.map(visitOf);

/** Somebody waits for something of it, or may still. */
export const isOpen = ({ state, expiresAt }: VisitRecord, now: number): boolean =>
  state === "coming" || state === "waiting" || expiresAt > now;

/** The visitor whose certificate this is, as long as it may do anything. @throws LodgeError visit.token_invalid */
export async function visitBy(store: ReadStore, fingerprint: string, host: string): Promise<Item> {
  const { items } = await store.list(visitPrefix);
  const found = items.find((item) => visitOf(item).visitor?.fingerprint === fingerprint);
  if (!found) throw new LodgeError("visit.token_invalid", { host });
  return found;
}

/** Does this secret let somebody in? */
export const opensWith = ({ secret }: VisitRecord, shown: string): boolean => secret === digestOf(shown);

/** As it was before a guest began to come. */
export function emptied(visit: VisitRecord): VisitRecord {
  const {
    guest: _guest,
    attempt: _attempt,
    layers: _layers,
    claims: _claims,
    records: _records,
    ...rest
  } = visit;
  return { ...rest, state: "entered" };
}

/**
 * Ends what is under way, once it is known whose the guest is. Idempotent.
 * @returns is the guest this host's?
 * @throws LodgeError visit.not_waiting: it cannot be this host's, since not all of it is here
 */
export async function endVisit(store: Store, id: string, taken: boolean): Promise<boolean> {
  for (;;) {
    const item = await store.get(visitKey(id));
    if (!item) return false;
    const visit = visitOf(item);
    if (visit.state === "here") return true;
    if (taken && visit.state !== "waiting")
      throw new LodgeError("visit.not_waiting", { arrival: id, state: visit.state });
    if (visit.state !== "waiting" && visit.state !== "coming") return false;
    try {
      await store.transact(taken ? taking(item) : givingUp(item));
      return taken;
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

const unchanged = ({ key, revision }: Item) => [{ key, revision }];

function taking(item: Item) {
  const { records = [], claims: _claims, attempt: _attempt, layers: _layers, ...rest } = visitOf(item);
  return {
    compare: unchanged(item),
    put: [...records, { key: item.key, value: { ...rest, state: "here" } satisfies VisitRecord }],
  };
}

export const givingUp = (item: Item) => ({
  compare: unchanged(item),
  put: [{ key: item.key, value: emptied(visitOf(item)) }],
  delete: [...(visitOf(item).claims ?? [])],
});

/** As users see it. */
export function toArrival(visit: VisitRecord): Arrival {
  const { id, state, address, createdAt, expiresAt, visitor, guest } = visit;
  return {
    id,
    state,
    address,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    ...(visitor ? { from: visitor.name } : {}),
    ...(guest ? { guest } : {}),
  };
}
