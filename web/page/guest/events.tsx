/** What happened to a guest. */
import type { Schemas } from "#contract/schemas";
import { useEvents } from "../../data/events.ts";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { EventLines } from "../../ui/event-lines.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";

export function GuestEvents({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const { data: events, error, refetch } = useEvents(guest.id);
  if (error && !events) return <Failure error={error} retry={() => void refetch()} />;
  if (!events) return <Loading />;
  if (events.length === 0) return <Empty title={text.guest.noEvents} hint={text.guest.noEventsHint} />;
  return <EventLines events={events} />;
}
