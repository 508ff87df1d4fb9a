/** Firewall groups: which there are, and whom each holds for. */
import { useDisclosure } from "@mantine/hooks";
import { useMemo } from "react";
import { Link, useNavigate } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { ListPage } from "../../ui/list-page.tsx";
import type { Column } from "../../ui/column.ts";
import tableStyle from "../../ui/table.module.css";
import { FirewallForm } from "./form.tsx";

type Firewall = Schemas["Firewall"];
const idOf = ({ id }: Firewall): string => id;
const nameOf = ({ name }: Firewall): string => name;
const byName = { by: "name" } as const;

const firewallColumns = (text: Messages): readonly Column<Firewall>[] => {
  const t = text.firewalls;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(110px, 1fr)",
      sort: nameOf,
      cell: ({ id, name }) => (
        <Link className={tableStyle["link"]} to={`/firewalls/${id}`}>
          {name}
        </Link>
      ),
    },
    {
      id: "rules",
      header: t.rules,
      width: "80px",
      end: true,
      sort: ({ rules }) => rules.length,
      cell: ({ rules }) => <span className="number">{rules.length}</span>,
    },
    {
      id: "users",
      header: t.holdsFor,
      width: "minmax(120px, 2fr)",
      cell: ({ guests, networks }) => {
        const users = [...guests, ...networks.map(t.network)].join(", ");
        return <span className={users === "" ? "soft" : undefined}>{users || t.nobody}</span>;
      },
    },
    {
      id: "description",
      header: text.common.description,
      width: "minmax(120px, 2fr)",
      wide: true,
      cell: ({ description }) => <span className="soft">{description}</span>,
    },
    {
      id: "project",
      header: t.project,
      width: "minmax(80px, 1fr)",
      wide: "very",
      sort: ({ project }) => project,
      cell: ({ project }) => <span className="soft">{project}</span>,
    },
  ];
};

export function FirewallList() {
  const text = useText();
  const t = text.firewalls;
  const navigate = useNavigate();
  const read = useRead("firewallList");
  const [adding, add] = useDisclosure();
  const may = useMay("operator");
  const columns = useMemo(() => firewallColumns(text), [text]);
  return (
    <ListPage
      text={t}
      read={read}
      add={may && add.open}
      columns={columns}
      id={idOf}
      name={nameOf}
      order={byName}
    >
      {adding && <FirewallForm close={add.close} made={({ id }) => void navigate(`/firewalls/${id}`)} />}
    </ListPage>
  );
}
