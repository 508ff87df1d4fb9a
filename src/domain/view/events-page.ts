import type { Page } from "#contract/call";
import type { Schemas } from "#contract/schemas";
import type { Sight } from "../access/sight.ts";
import { eventOwner } from "../host/events.ts";
import { fromCursor, toCursor, usualLimit } from "./cursor.ts";

type Event = Schemas["Event"];

/** A page of the log, newest first. `all` is oldest first. @throws LodgeError api.invalid */
export function pageOfEvents(
  all: readonly Event[],
  { guest, kind, limit = usualLimit, cursor }: Schemas["EventListQuery"],
  at: string,
  sight: Sight,
): Page<Event> {
  const before = cursor === undefined ? undefined : fromCursor(cursor);
  const wanted = (event: Event) =>
    (before === undefined || event.id < before) &&
    sight.sees(eventOwner(event)) &&
    (guest === undefined || event.guest === guest || event.guestName === guest) &&
    (kind === undefined || (kind.endsWith(".") ? event.kind.startsWith(kind) : event.kind === kind));
  const items: Event[] = [];
  for (let i = all.length - 1; i >= 0; i--) {
    const event = all[i]!;
    if (!wanted(event)) continue;
    if (items.length === limit) return { items, next: toCursor(items.at(-1)!.id), at };
    items.push(event);
  }
  return { items, at };
}
