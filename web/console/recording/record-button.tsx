/** In the bar above a display: that it is recorded, for everybody who watches; and what begins and ends that. */
import { Button } from "@mantine/core";
import { IconPlayerRecordFilled, IconPlayerStopFilled } from "@tabler/icons-react";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";

/** `guest` is its id. */
export function RecordButton({ guest }: { readonly guest: string }) {
  const t = useText().recordings;
  const may = useMay("operator");
  const { data = [] } = useRead("recordingList", { query: { guest } });
  const begin = useChange("recordingStart");
  const end = useChange("recordingStop");
  const running = data.find(({ state }) => state === "recording");
  return (
    <>
      {may && (
        <Button
          variant="default"
          leftSection={running ? <IconPlayerStopFilled size={14} /> : <IconPlayerRecordFilled size={14} />}
          loading={begin.isPending || end.isPending}
          onClick={() =>
            running
              ? end.mutate({ params: { recording: running.id } })
              : begin.mutate({ params: { guest }, body: {} })
          }
        >
          {running ? t.stop : t.record}
        </Button>
      )}
      {running && (
        <span role="status">
          <Dot tone="bad">{t.isRecorded}</Dot>
        </span>
      )}
    </>
  );
}
