/** What happened to a guest. */
import type { Schemas } from "#contract/schemas";
import { useEvents } from "../../data/connection.tsx";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { EventLines } from "../../ui/event-lines.tsx";

export function GuestEvents({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const events = useEvents(guest.id);
  if (events.length === 0) return <Empty title={text.guest.noEvents} hint={text.guest.noEventsHint} />;
  return <EventLines events={events} />;
}
