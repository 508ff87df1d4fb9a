/** The guests that are on one host of the cluster. */
import { useMemo } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import { bytes } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Section } from "../../ui/page.tsx";
import { GuestState } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { GuestMenu } from "../guest/menu.tsx";

type Guest = Schemas["Guest"];
const idOf = ({ id }: Guest): string => id;
const nameOf = ({ name }: Guest): string => name;
const byName = { by: "name" } as const;

const columnsOf = (text: Messages, language: string): readonly Column<Guest>[] => [
  {
    id: "name",
    header: text.common.name,
    width: "minmax(100px, 2fr)",
    sort: nameOf,
    cell: (guest) => (
      <Link className={tableStyle["link"]} to={guestPath(guest)}>
        {guest.name}
      </Link>
    ),
  },
  {
    id: "state",
    header: text.common.state,
    width: "minmax(92px, 1fr)",
    sort: ({ state }) => state,
    cell: ({ state }) => <GuestState state={state} />,
  },
  {
    id: "ha",
    header: text.hosts.comesBack,
    width: "minmax(120px, 1fr)",
    wide: true,
    sort: ({ ha }) => -(ha?.priority ?? -1),
    cell: ({ ha }) => <span className="soft">{ha ? text.place.haYes(ha.priority) : text.place.haNo}</span>,
  },
  {
    id: "memory",
    header: text.guests.memory,
    width: "84px",
    end: true,
    sort: ({ memory }) => memory,
    cell: ({ memory }) => <span className="number">{bytes(memory, language)}</span>,
  },
  { id: "menu", header: "", width: "32px", cell: (guest) => <GuestMenu guest={guest} /> },
];

export function GuestsOf({ host }: { readonly host: string }) {
  const { text, language } = useLanguage();
  const guests = useRead("guestList").data;
  const columns = useMemo(() => columnsOf(text, language), [text, language]);
  const here = useMemo(() => guests?.filter((guest) => guest.host === host), [guests, host]);
  if (!here) return null;
  return (
    <Section title={text.hosts.guests}>
      {here.length === 0 ? (
        <p className="soft">{text.hosts.noGuests}</p>
      ) : (
        <Table
          label={text.hosts.guests}
          rows={here}
          columns={columns}
          id={idOf}
          name={nameOf}
          order={byName}
        />
      )}
    </Section>
  );
}
