/** What was recorded of a guest's display. */
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { RecordingTable } from "../recording/table.tsx";

export function GuestRecordings({ guest }: { readonly guest: Schemas["Guest"] }) {
  const t = useText().recordings;
  const { data, error, refetch } = useRead("recordingList", { query: { guest: guest.id } });
  if (!data) return <Awaited data={data} error={error} refetch={refetch} />;
  if (data.length === 0) return <Empty title={t.empty} hint={t.emptyHint} />;
  return <RecordingTable recordings={data} />;
}
