/** Recordings as a table: of all guests, or of one. */
import { ActionIcon, Anchor, Button } from "@mantine/core";
import { IconDownload, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { pathOf } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { useMay } from "../../data/session.tsx";
import { clock } from "../../text/clock.ts";
import type { Messages } from "../../text/en.ts";
import { bytes, moment } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Dot } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/column.ts";

type Recording = Schemas["Recording"];
const idOf = ({ id }: Recording): string => id;
const nameOf = ({ guestName, id }: Recording): string => `${guestName} ${id}`;

interface Acts {
  stop(recording: Recording): void;
  remove(recording: Recording): void;
}

function recordingColumns(
  text: Messages,
  language: string,
  acts: Acts | undefined,
): readonly Column<Recording>[] {
  const t = text.recordings;
  const begun = ({ startedAt }: Recording) => moment(startedAt, language);
  return [
    {
      id: "begun",
      header: t.begun,
      width: "minmax(150px, 1.4fr)",
      cell: (recording) =>
        acts ? (
          <Anchor component={Link} to={`/recordings/${recording.id}`} fz="inherit" fw={600}>
            {begun(recording)}
          </Anchor>
        ) : (
          begun(recording)
        ),
    },
    { id: "guest", header: t.guest, width: "minmax(80px, 1fr)", cell: ({ guestName }) => guestName },
    {
      id: "state",
      header: t.state,
      width: "minmax(110px, 1fr)",
      wide: true,
      cell: ({ state, reason }) =>
        state === "recording" ? (
          <Dot tone="bad">{t.running}</Dot>
        ) : (
          <span className="soft">{reason && t.reasons[reason]}</span>
        ),
    },
    {
      id: "length",
      header: t.length,
      width: "80px",
      end: true,
      cell: ({ seconds }) => clock(seconds * 1000),
    },
    {
      id: "size",
      header: t.size,
      width: "90px",
      end: true,
      wide: true,
      cell: ({ size }) => bytes(size, language),
    },
    {
      id: "by",
      header: t.by,
      width: "minmax(70px, 0.7fr)",
      wide: "very",
      cell: ({ startedBy }) => startedBy,
    },
    {
      id: "do",
      header: "",
      width: "96px",
      end: true,
      cell: (recording) => acts && <Buttons recording={recording} acts={acts} text={text} />,
    },
  ];
}

interface ButtonsProps {
  readonly recording: Recording;
  readonly acts: Acts;
  readonly text: Messages;
}

function Buttons({ recording, acts, text }: ButtonsProps) {
  const t = text.recordings;
  const name = nameOf(recording);
  if (recording.state === "recording")
    return (
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`${t.stop}: ${name}`}
        onClick={() => acts.stop(recording)}
      >
        {t.stop}
      </Button>
    );
  return (
    <>
      <ActionIcon
        component="a"
        variant="subtle"
        color="gray"
        href={pathOf("recordingContent", { recording: recording.id })}
        download
        aria-label={`${t.save}: ${name}`}
      >
        <IconDownload size={16} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`${t.remove}: ${name}`}
        onClick={() => acts.remove(recording)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </>
  );
}

interface RecordingTableProps {
  readonly recordings: readonly Recording[];
}

export function RecordingTable({ recordings }: RecordingTableProps) {
  const { text, language } = useLanguage();
  const t = text.recordings;
  const may = useMay("operator");
  const [asked, setAsked] = useState<Question>();
  const stop = useChange("recordingStop").mutate;
  const remove = useChange("recordingDelete").mutate;
  const columns = useMemo(() => {
    const acts: Acts = {
      stop: ({ id }) => stop({ params: { recording: id } }),
      remove: ({ id, guestName }) =>
        setAsked({
          title: t.removeTitle(guestName),
          warning: t.removeWarning,
          action: t.remove,
          confirm: () => remove({ params: { recording: id } }),
        }),
    };
    return recordingColumns(text, language, may ? acts : undefined);
  }, [text, language, t, may, stop, remove]);
  return (
    <>
      <Table label={t.title} rows={recordings} columns={columns} id={idOf} name={nameOf} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}
