/** The columns of the hosts' table. */
import type { Schemas } from "#contract/schemas";
import { Link } from "react-router";
import { hostState } from "../../data/hosts.ts";
import type { Messages } from "../../text/en.ts";
import type { Column } from "../../ui/column.ts";
import tableStyle from "../../ui/table.module.css";
import { HostMenu, type Doing } from "./actions.tsx";
import { PromisedShare } from "./promised-share.tsx";
import { HostState } from "./state.tsx";

type ClusterHost = Schemas["ClusterHost"];

export function hostColumns(text: Messages, act: (doing: Doing) => void): readonly Column<ClusterHost>[] {
  const t = text.hosts;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(90px, 1.4fr)",
      sort: ({ name }) => name,
      cell: ({ name, here }) => (
        <>
          <Link className={tableStyle["link"]} to={`/hosts/${name}`}>
            {name}
          </Link>
          {here && <span className={`soft ${tableStyle["wide"]}`}> {t.here}</span>}
        </>
      ),
    },
    {
      id: "state",
      header: text.common.state,
      width: "minmax(116px, 1fr)",
      sort: hostState,
      cell: (host) => <HostState host={host} />,
    },
    {
      id: "guests",
      header: t.guests,
      width: "64px",
      end: true,
      sort: ({ guests }) => guests,
      cell: ({ guests, name, witness }) =>
        witness ? null : (
          <Link className="number" to={`/guests?host=${name}`}>
            {guests}
          </Link>
        ),
    },
    {
      id: "memory",
      header: t.memoryPromised,
      width: "minmax(150px, 1.2fr)",
      wide: true,
      cell: ({ name, answers, witness }) => !witness && answers && <PromisedShare host={name} />,
    },
    {
      id: "address",
      header: t.address,
      width: "minmax(120px, 1fr)",
      wide: "very",
      cell: ({ address }) => <span className="mono soft">{address}</span>,
    },
    {
      id: "version",
      header: t.version,
      width: "80px",
      wide: true,
      sort: ({ version }) => version,
      cell: ({ version }) => <span className="soft">{version}</span>,
    },
    {
      id: "voter",
      header: t.voter,
      width: "70px",
      wide: true,
      cell: ({ voter, witness }) => (
        <span className="soft" title={voter ? t.voterHint : ""}>
          {witness ? t.witness : voter ? text.common.yes : text.common.no}
        </span>
      ),
    },
    { id: "menu", header: "", width: "32px", cell: (host) => <HostMenu host={host} act={act} /> },
  ];
}
