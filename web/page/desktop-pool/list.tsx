/** Desktop pools: what desktops there are for whom, and how many stand ready. */
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link } from "react-router";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { ListPage } from "../../ui/list-page.tsx";
import tableStyle from "../../ui/table.module.css";
import { DesktopPoolForm } from "./form.tsx";

const idOf = ({ id }: DesktopPool): string => id;
const nameOf = ({ title }: DesktopPool): string => title;
const byName = { by: "name" } as const;

const poolColumns = (text: Messages): readonly Column<DesktopPool>[] => {
  const t = text.desktopPools;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(130px, 1.4fr)",
      sort: nameOf,
      cell: ({ id, name, title, ails }) => (
        <>
          {ails && (
            <span role="img" aria-label={ails.message} title={ails.message}>
              <IconAlertTriangle size={14} color="var(--warn)" style={{ verticalAlign: "-2px" }} />{" "}
            </span>
          )}
          <Link className={tableStyle["link"]} to={`/desktop-pools/${id}`} title={name}>
            {title}
          </Link>
        </>
      ),
    },
    {
      id: "source",
      header: t.madeOf,
      width: "minmax(120px, 1fr)",
      wide: true,
      cell: ({ image, guest = "" }) => <span className="soft">{image ?? guest}</span>,
    },
    {
      id: "keeps",
      header: t.keeps,
      width: "minmax(110px, 1fr)",
      wide: true,
      sort: ({ keeps }) => keeps,
      cell: ({ keeps }) => t.keepsNames[keeps],
    },
    {
      id: "ready",
      header: t.ready,
      width: "90px",
      end: true,
      sort: ({ ready }) => ready,
      cell: ({ ready, standby }) => <span className="number">{`${ready} / ${standby.count}`}</span>,
    },
    {
      id: "desktops",
      header: t.desktops,
      width: "90px",
      end: true,
      sort: ({ desktops }) => desktops,
      cell: ({ desktops }) => <span className="number">{desktops}</span>,
    },
    {
      id: "connected",
      header: t.connected,
      width: "100px",
      end: true,
      wide: true,
      sort: ({ connected }) => connected,
      cell: ({ connected }) => <span className="number">{connected}</span>,
    },
  ];
};

export function DesktopPoolList() {
  const text = useText();
  const t = text.desktopPools;
  const read = useRead("desktopPoolList");
  const may = useMay("operator");
  const [adding, add] = useDisclosure();
  const columns = useMemo(() => poolColumns(text), [text]);
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
      {adding && <DesktopPoolForm close={add.close} />}
    </ListPage>
  );
}
