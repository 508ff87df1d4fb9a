/** What ails a guest while it has a process, in the catalogue's words: in its record until it is over. */
import type { Ailment } from "#contract/schema/guest";
import { LodgeError, type ErrorCode } from "#contract/errors";
import { update } from "#durable/store/update";
import type { FleetView } from "./fleet-view.ts";
import { guestKey, type GuestRecord } from "./record.ts";

/** For these its processors stand still until somebody resumes it. */
export const haltingAilments: readonly ErrorCode[] = ["guest.no_space", "guest.disk_failed"];

/** The same guest without the ailments of these kinds; without any where none are named. */
export function cured<T extends Pick<GuestRecord, "ails">>(record: T, codes?: readonly string[]): T {
  const { ails = [], ...rest } = record;
  const left = codes === undefined ? [] : ails.filter(({ code }) => !codes.includes(code));
  return { ...rest, ...(left.length === 0 ? {} : { ails: left }) } as T;
}

/** The same guest with this ailment, once. */
export function ailing(record: GuestRecord, { code, message, hint }: LodgeError): GuestRecord {
  const ailment: Ailment = { code, message, hint };
  return { ...record, ails: [...(cured(record, [code]).ails ?? []), ailment] };
}

/**
 * Writes down what ails a guest; an event says it, once until it is over. `change` makes the record what it is
 * then, or leaves it as it is where it is over already.
 */
export async function ail(
  { parts }: Pick<FleetView, "parts">,
  guest: string,
  error: LodgeError,
  change: (record: GuestRecord) => GuestRecord = (record) => ailing(record, error),
): Promise<void> {
  const { code, message, hint } = error;
  let known = true;
  const record = await update<GuestRecord>(parts.store, guestKey(guest), (now) => {
    const next = now && change(now);
    known = next === now || (now?.ails?.some((other) => other.code === code) ?? false);
    return next;
  });
  if (record && !known) parts.events.append({ kind: code, guest: record, message: `${message} ${hint}` });
}
