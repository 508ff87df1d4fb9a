/** One recording, played. */
import { Button } from "@mantine/core";
import { IconDownload, IconPlayerStopFilled } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link, useParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { Player } from "../../console/recording/player.tsx";
import { keptSource } from "../../console/recording/source.ts";
import { pathOf } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { bytes, moment, span } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Facts, Page } from "../../ui/page.tsx";
import { Dot } from "../../ui/state.tsx";

type Recording = Schemas["Recording"];

export function RecordingShow() {
  const { recording: id = "" } = useParams();
  const { data, error, refetch } = useRead("recordingGet", { params: { recording: id } });
  const may = useMay("operator");
  const { text } = useLanguage();
  const t = text.recordings;
  if (!data)
    return (
      <Page title={id}>
        <Awaited data={data} error={error} refetch={refetch} />
      </Page>
    );
  return (
    <Page
      title={t.of(data.guestName)}
      beside={data.state === "recording" ? <Dot tone="bad">{t.running}</Dot> : undefined}
      actions={may && <Actions recording={data} />}
    >
      {may ? (
        <Played key={data.state} recording={data} />
      ) : (
        <Empty title={t.forbidden} hint={t.forbiddenHint} />
      )}
      <About recording={data} />
    </Page>
  );
}

/** What there is of it when it is opened: one that is still being made grows meanwhile. */
function Played({ recording }: { readonly recording: Recording }) {
  const t = useLanguage().text.recordings;
  const { id } = recording;
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const source = useMemo(() => keptSource(recording), [id]);
  return <Player source={source} name={t.of(recording.guestName)} />;
}

function Actions({ recording }: { readonly recording: Recording }) {
  const t = useLanguage().text.recordings;
  const { mutate, isPending } = useChange("recordingStop");
  const { id, state } = recording;
  if (state === "recording")
    return (
      <Button
        variant="default"
        leftSection={<IconPlayerStopFilled size={14} />}
        loading={isPending}
        onClick={() => mutate({ params: { recording: id } })}
      >
        {t.stop}
      </Button>
    );
  return (
    <Button
      component="a"
      variant="default"
      leftSection={<IconDownload size={14} />}
      href={pathOf("recordingContent", { recording: id })}
      download
    >
      {t.save}
    </Button>
  );
}

function About({ recording }: { readonly recording: Recording }) {
  const { text, language } = useLanguage();
  const t = text.recordings;
  const { guest, guestName, startedAt, startedBy, seconds, size, reason, continues } = recording;
  return (
    <Facts
      of={[
        [
          t.guest,
          <Link key="guest" to={`/guests/${guest}/recordings`}>
            {guestName}
          </Link>,
        ],
        [t.begun, moment(startedAt, language)],
        [t.by, startedBy],
        [t.length, span(seconds * 1000, language)],
        [t.size, bytes(size, language)],
        [t.ended, reason && t.reasons[reason]],
        [
          t.continues,
          continues && (
            <Link key="before" to={`/recordings/${continues}`}>
              {continues}
            </Link>
          ),
        ],
      ]}
    />
  );
}
