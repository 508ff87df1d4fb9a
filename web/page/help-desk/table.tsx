/** Desktops that people have: who, since when, how far away and how many pictures a second. */
import { IconEye, IconPlayerRecordFilled } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { Desktop, DesktopStateName } from "#contract/schema/desktop";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { integer } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Column } from "../../ui/column.ts";
import type { Question } from "../../ui/question.ts";
import { Dot } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { Since } from "../../ui/time.tsx";
import { EndForm, MessageForm } from "./forms.tsx";
import { DesktopMenu, type Asked } from "./menu.tsx";

const idOf = ({ id }: Desktop): string => id;
const nameOf = ({ user, poolName }: Desktop): string => `${user}, ${poolName}`;
const byUser = { by: "user" } as const;

const tones = {
  preparing: "busy",
  ready: "good",
  suspended: "idle",
  stopped: "idle",
  ending: "busy",
  lost: "bad",
} as const satisfies Record<DesktopStateName, string>;

/** Of several windows the one that was opened last. */
const own = ({ viewers }: Desktop) => viewers.findLast(({ shadow }) => !shadow);

function columnsOf(
  text: Messages,
  language: string,
  menu: Column<Desktop>["cell"],
): readonly Column<Desktop>[] {
  const t = text.helpDesk;
  const none = ({ unheard }: Desktop) => (
    <span className="soft" title={unheard ? t.unheard : undefined}>
      {unheard ? "?" : "–"}
    </span>
  );
  return [
    {
      id: "user",
      header: t.user,
      width: "minmax(90px, 1fr)",
      sort: ({ user }) => user,
      cell: ({ user, viewers, recording }) => (
        <>
          <b>{user}</b>
          {viewers.some(({ shadow }) => shadow) && (
            <span role="img" aria-label={t.isShadowed} title={t.isShadowed}>
              {" "}
              <IconEye size={13} style={{ verticalAlign: "-2px" }} />
            </span>
          )}
          {recording !== undefined && (
            <span role="img" aria-label={t.isRecorded} title={t.isRecorded}>
              {" "}
              <IconPlayerRecordFilled size={12} color="var(--bad)" style={{ verticalAlign: "-1px" }} />
            </span>
          )}
        </>
      ),
    },
    {
      id: "pool",
      header: t.pool,
      width: "minmax(90px, 1fr)",
      sort: ({ poolName }) => poolName,
      cell: ({ pool, poolName }) => (
        <Link className={tableStyle["link"]} to={`/desktop-pools/${pool}`}>
          {poolName}
        </Link>
      ),
    },
    {
      id: "state",
      header: text.common.state,
      width: "minmax(100px, 1fr)",
      sort: (desktop) => `${own(desktop) ? 0 : 1} ${desktop.state}`,
      cell: (desktop) =>
        own(desktop) ? (
          <Dot tone="good">{t.connected}</Dot>
        ) : (
          <Dot tone={desktop.state === "ready" ? "idle" : tones[desktop.state]}>
            {desktop.unheard && desktop.state === "ready" ? t.unheardState : t.states[desktop.state]}
          </Dot>
        ),
    },
    {
      id: "since",
      header: t.since,
      width: "100px",
      wide: true,
      sort: (desktop) => own(desktop)?.since ?? desktop.disconnectedAt ?? desktop.createdAt,
      cell: (desktop) => <Since at={own(desktop)?.since ?? desktop.disconnectedAt ?? desktop.createdAt} />,
    },
    {
      id: "input",
      header: t.lastInput,
      width: "100px",
      wide: "very",
      sort: ({ lastInputAt = "" }) => lastInputAt,
      cell: (desktop) =>
        desktop.lastInputAt === undefined ? none(desktop) : <Since at={desktop.lastInputAt} />,
    },
    {
      id: "roundTrip",
      header: t.roundTrip,
      width: "90px",
      end: true,
      wide: true,
      sort: (desktop) => own(desktop)?.roundTrip ?? 0,
      cell: (desktop) => {
        const roundTrip = own(desktop)?.roundTrip;
        return roundTrip === undefined ? (
          none(desktop)
        ) : (
          <span className="number">{integer(Math.round(roundTrip), language)} ms</span>
        );
      },
    },
    {
      id: "frames",
      header: t.frames,
      width: "80px",
      end: true,
      wide: true,
      sort: (desktop) => own(desktop)?.framesPerSecond ?? 0,
      cell: (desktop) => {
        const frames = own(desktop)?.framesPerSecond;
        return frames === undefined ? (
          none(desktop)
        ) : (
          <span className="number">{integer(frames, language)}</span>
        );
      },
    },
    {
      id: "address",
      header: t.address,
      width: "minmax(90px, 1fr)",
      wide: "very",
      sort: (desktop) => own(desktop)?.address ?? "",
      cell: (desktop) => <span className="mono soft">{own(desktop)?.address ?? ""}</span>,
    },
    { id: "menu", header: "", width: "32px", end: true, cell: menu },
  ];
}

export function DesktopTable({ desktops }: { readonly desktops: readonly Desktop[] }) {
  const { text, language } = useLanguage();
  const may = useMay("operator");
  const [asked, setAsked] = useState<Asked>();
  const [question, setQuestion] = useState<Question>();
  const columns = useMemo(
    () =>
      columnsOf(text, language, (desktop) =>
        may ? <DesktopMenu desktop={desktop} ask={setAsked} confirm={setQuestion} /> : null,
      ),
    [text, language, may],
  );
  const close = () => setAsked(undefined);
  return (
    <>
      <Table
        label={text.helpDesk.title}
        rows={desktops}
        columns={columns}
        id={idOf}
        name={nameOf}
        order={byUser}
      />
      {asked?.what === "message" && <MessageForm desktop={asked.desktop} close={close} />}
      {asked?.what === "end" && <EndForm desktop={asked.desktop} close={close} />}
      <Confirm question={question} close={() => setQuestion(undefined)} />
    </>
  );
}
