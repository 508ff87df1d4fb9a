/** The columns of the guests' table. */
import { Suspense } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { guestPath } from "../../data/project.ts";
import { later } from "../../later.ts";
import { bytes, percent } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { Spark } from "../../ui/spark.tsx";
import { GuestState } from "../../ui/state.tsx";
import type { Column } from "../../ui/column.ts";
import { hostColumn } from "../../ui/host-column.tsx";
import style from "../../ui/table.module.css";
import { Since } from "../../ui/time.tsx";
import { GuestMenu } from "./menu.tsx";

type Guest = Schemas["Guest"];

const { Part: PoolMark } = later(async () => (await import("./pool-mark.tsx")).PoolMark);

const addressOf = ({ nics }: Guest): string => nics.find(({ address }) => address)?.address ?? "";

export function guestColumns(text: Messages, language: string, inCluster: boolean): readonly Column<Guest>[] {
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(100px, 2fr)",
      sort: ({ name }) => name,
      cell: (guest) => (
        <>
          <Link className={style["link"]} to={guestPath(guest)}>
            {guest.name}
          </Link>
          {guest.desktop && (
            <Suspense>
              <PoolMark of={guest.desktop} />
            </Suspense>
          )}
        </>
      ),
    },
    {
      id: "state",
      header: text.common.state,
      width: "minmax(92px, 1fr)",
      sort: ({ state }) => state,
      cell: ({ state }) => <GuestState state={state} />,
    },
    ...hostColumn<Guest>(text.guests.host, inCluster),
    {
      id: "address",
      header: text.guests.address,
      width: "minmax(100px, 1fr)",
      wide: true,
      sort: addressOf,
      cell: (guest) => <span className="mono soft">{addressOf(guest)}</span>,
    },
    {
      id: "image",
      header: text.guests.from,
      width: "minmax(84px, 1fr)",
      wide: "very",
      sort: ({ origin }) => origin.image ?? "",
      cell: ({ origin }) => <span className="soft">{origin.image ?? origin.parent ?? ""}</span>,
    },
    {
      id: "cpus",
      header: text.guests.cpus,
      width: "64px",
      end: true,
      wide: "very",
      sort: ({ cpus }) => cpus,
      cell: ({ cpus }) => <span className="number">{cpus}</span>,
    },
    {
      id: "memory",
      header: text.guests.memory,
      width: "84px",
      end: true,
      wide: true,
      sort: ({ memory }) => memory,
      cell: ({ memory }) => <span className="number">{bytes(memory, language)}</span>,
    },
    {
      id: "cpu",
      header: text.guests.cpuUse,
      width: "110px",
      end: true,
      wide: true,
      cell: ({ id, cpus: all }) => (
        <Spark of={id} pick="cpu" most={all} say={(value) => percent(value / all, language)} />
      ),
    },
    {
      id: "use",
      header: text.guests.memoryUse,
      width: "132px",
      end: true,
      wide: true,
      cell: ({ id, memory }) => (
        <Spark of={id} pick="memory" most={memory} say={(value) => bytes(value, language)} />
      ),
    },
    {
      id: "since",
      header: text.common.since,
      width: "84px",
      end: true,
      wide: true,
      sort: ({ stateSince }) => -Date.parse(stateSince),
      cell: ({ stateSince }) => (
        <span className="soft">
          <Since at={stateSince} />
        </span>
      ),
    },
    { id: "menu", header: "", width: "32px", cell: (guest) => <GuestMenu guest={guest} /> },
  ];
}
