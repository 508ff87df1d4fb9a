/**
 * Takes over the highly available guests of a host that is lost.
 *
 *   its beat is gone ──► claim ──► storage refuses it ──► place ──► hand over ──► (the other host starts it)
 *                          │             └── cannot ──► said, tried again later; never handed over without
 *                          └── another host has it: nothing to do
 *
 *   cluster/takeover/HOST     who does it. Whoever finds it by a host without a beat does it instead; the host's next beat deletes it
 *   incarnations/HOST         written anew with the claim: the lost host changes no record from then on, also where it lives on
 *
 * Each change is made only while the host has no beat and the claim is whose it was: a host that comes back meanwhile keeps what
 * has not been handed over, and finds nothing of what has.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { Log } from "#base/log";
import type { Compare, Store } from "#durable/store/store";
import type { EventLog } from "../../host/events.ts";
import { guestPrefix, type GuestRecord } from "../../guest/record.ts";
import { takeOverKey } from "../../member/record.ts";
import { incarnationKey, type Incarnation } from "../incarnation.ts";
import { belongingsOf, handOver, HostRecords, type Belongings } from "./belongings.ts";
import { requireInSync, startFrom } from "./take-over-replica.ts";
import type { Kept } from "../../guest/replica/record.ts";
import { comesBackElsewhere, inOrder, takenOver } from "./order.ts";

/** A host as its guests are taken over from it. */
export interface LostHost {
  readonly id: string;
  readonly name: string;
}

export interface TakeOverParts {
  /** All hosts' records as they lie. */
  readonly store: Store;
  /** This host. */
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly events: Pick<EventLog, "append">;
  readonly log: Log;
  readonly beatKey: (host: string) => string;
  /**
   * Resolves once nothing that the lost host still writes gets into the guest's disks, for as long as it has no beat. `claim`: what was
   * found out under another is not believed any more.
   *
   * @throws LodgeError failover.not_refused
   */
  readonly refuse: (lost: LostHost, belongings: Belongings, claim: number) => Promise<void>;
  /** The id of the host that is to have it, other than the lost one. @throws LodgeError failover.no_host */
  readonly place: (lost: LostHost, belongings: Belongings) => Promise<string>;
  /** Lets nobody write to a guest's replica any more. @throws LodgeError cluster.host_unreachable, replica.none */
  readonly closeReplica: (host: string, guest: string, epoch: number) => Promise<Kept>;
  /** What was said of lost hosts: it is said once, and again where it is something else. */
  readonly said?: Map<string, string>;
  /** What it is called. */
  readonly nameOf: (host: string) => string;
}

interface Claim {
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What became of it; "back": the host has a beat again, or another one does it. */
export type Outcome = "done" | "back" | "some-left";

/** Ids of the highly available guests that ran on the host. */
export async function lostGuests(store: Store, host: string): Promise<GuestRecord[]> {
  const guests = await new HostRecords(store, host).list<GuestRecord>(guestPrefix);
  return inOrder(guests.map(({ value }) => value).filter(comesBackElsewhere));
}

/** @throws LodgeError store.unavailable */
export async function takeOver(parts: TakeOverParts, lost: LostHost, signal: AbortSignal): Promise<Outcome> {
  const { store, events } = parts;
  const guests = await lostGuests(store, lost.id);
  if (guests.length === 0) return "done";
  const claimed = await claim(parts, lost.id);
  if (!claimed) return "back";
  const { compare, revision } = claimed;
  const names = guests.map(({ name }) => name).join(", ");
  const message = `${lost.name} is lost; what is started elsewhere: ${names}`;
  if (isNew(parts, lost.id, lost.name)) events.append({ kind: "host.lost", message });
  let left = 0;
  for (const guest of guests) {
    if (signal.aborted) return "some-left";
    try {
      await one(parts, lost, guest.id, { compare, revision });
    } catch (error) {
      if (hasCode(error, "store.conflict") && !(await stillOurs(parts, lost.id, compare))) return "back";
      left++;
      tell(parts, guest, lost, error);
    }
  }
  if (left > 0) return "some-left";
  await store.transact({ compare, delete: [takeOverKey(lost.id)] }).catch(() => undefined);
  return "done";
}

async function one(
  parts: TakeOverParts,
  lost: LostHost,
  id: string,
  { compare, revision }: Claimed,
): Promise<void> {
  const { store, events, now, nameOf } = parts;
  const belongings = await belongingsOf(store, lost.id, id);
  if (!belongings || !comesBackElsewhere(belongings.guest)) return;
  const at = new Date(now()).toISOString();
  const replica = belongings.guest.replica && requireInSync(belongings.guest);
  const to = replica?.to ?? (await parts.place(lost, belongings));
  const guest = { ...takenOver(belongings.guest, lost.name, at), host: nameOf(to) };
  if (replica) {
    const kept = await parts.closeReplica(to, id, replica.epoch);
    await store.transact(
      await startFrom(store, belongings, { lost, guest, kept, keepOld: false, at }, compare),
    );
  } else {
    await parts.refuse(lost, belongings, revision);
    await store.transact(handOver(belongings, { from: lost.id, to, guest }, compare));
  }
  events.append({
    kind: "guest.taken_over",
    guest,
    message: `${guest.name} is started on ${nameOf(to)}: ${lost.name} is lost`,
  });
}

export interface Claimed {
  /** What everything that follows is to compare: that the host has no beat, and has had none since. */
  readonly compare: readonly Compare[];
  /** Of the claim. */
  readonly revision: number;
}

/** Undefined where the host is back or another one has claimed it. */
export async function claim(
  { store, host, now, beatKey }: Pick<TakeOverParts, "store" | "host" | "now" | "beatKey">,
  lost: string,
): Promise<Claimed | undefined> {
  const key = takeOverKey(lost);
  const [beat, before, incarnation] = await Promise.all([
    store.get(beatKey(lost)),
    store.get(key),
    store.get(incarnationKey(lost)),
  ]);
  if (beat || !incarnation) return undefined;
  const by = (before?.value as Claim | undefined)?.by;
  // One that goes on with its own begins anew: what it had made of it is the same.
  const other = by === undefined || by === host ? undefined : await store.get(beatKey(by));
  if (other) return undefined;
  const noBeat: Compare = { key: beatKey(lost), revision: "absent" };
  const value: Claim = { by: host, since: now() };
  const anew: Incarnation = { since: now(), because: "taken over" };
  try {
    const { number } = await store.transact({
      compare: [
        noBeat,
        { key, revision: before?.revision ?? "absent" },
        { key: incarnationKey(lost), revision: incarnation.revision },
      ],
      put: [
        { key, value },
        { key: incarnationKey(lost), value: anew },
      ],
    });
    return { compare: [noBeat, { key, revision: number }], revision: number };
  } catch (error) {
    if (hasCode(error, "store.conflict")) return undefined;
    throw error;
  }
}

async function stillOurs(
  { store, beatKey }: TakeOverParts,
  lost: string,
  compare: readonly Compare[],
): Promise<boolean> {
  const [beat, claimed] = await Promise.all([store.get(beatKey(lost)), store.get(takeOverKey(lost))]);
  return !beat && compare.some(({ key, revision }) => key === claimed?.key && revision === claimed.revision);
}

function isNew({ said }: TakeOverParts, of: string, words: string): boolean {
  if (said?.get(of) === words) return false;
  said?.set(of, words);
  return true;
}

function tell(parts: TakeOverParts, guest: GuestRecord, lost: LostHost, error: unknown): void {
  const reason = error instanceof LodgeError ? error.message : "an error that is in the log of lodged";
  if (!isNew(parts, guest.id, reason)) return;
  parts.log.warn({ err: error, guest: guest.id, host: lost.id }, "a guest was not taken over");
  parts.events.append({
    kind: "guest.not_taken_over",
    guest,
    message: `${guest.name} is not started elsewhere yet, though ${lost.name} is lost: ${reason}`,
  });
}
