/** Some guests with what they show and take. */
import { useMemo } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { guestPath } from "../../data/project.ts";
import { bytes, percent } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Spark } from "../../ui/spark.tsx";
import { GuestState } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { Thumbnail } from "../../ui/thumbnail.tsx";
import style from "./show.module.css";

type Guest = Schemas["Guest"];
const idOf = ({ id }: Guest): string => id;

export function GuestRows({ guests }: { readonly guests: readonly Guest[] }) {
  const { text, language } = useLanguage();
  const columns = useMemo(
    (): readonly Column<Guest>[] => [
      {
        id: "name",
        header: text.common.name,
        width: "minmax(120px, 1.4fr)",
        cell: (guest) => (
          <Link className={`${tableStyle["link"]} ${style["guest"]}`} to={guestPath(guest)}>
            <span className={style["picture"]}>
              <Thumbnail guest={guest} />
            </span>
            {guest.name}
          </Link>
        ),
      },
      {
        id: "state",
        header: text.common.state,
        width: "minmax(86px, 1fr)",
        cell: ({ state }) => <GuestState state={state} />,
      },
      {
        id: "cpu",
        header: text.guests.cpuUse,
        width: "120px",
        end: true,
        wide: true,
        cell: ({ id, cpus }) => (
          <Spark of={id} pick="cpu" most={cpus} say={(value) => percent(value / cpus, language)} />
        ),
      },
      {
        id: "use",
        header: text.guests.memoryUse,
        width: "140px",
        end: true,
        wide: true,
        cell: ({ id, memory }) => (
          <Spark of={id} pick="memory" most={memory} say={(value) => bytes(value, language)} />
        ),
      },
    ],
    [text, language],
  );
  return <Table label={text.overview.top} rows={guests} columns={columns} id={idOf} />;
}
