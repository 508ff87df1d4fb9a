/** The host's networks. */
import { useMemo } from "react";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";

type Network = Schemas["Network"];
const idOf = ({ name }: Network): string => name;

export function NetworkList() {
  const text = useText();
  const t = text.networks;
  const { data, error, refetch } = useRead("networkList");
  const columns = useMemo(
    (): readonly Column<Network>[] => [
      { id: "name", header: text.common.name, width: "minmax(80px, 1fr)", cell: ({ name }) => <b>{name}</b> },
      {
        id: "kind",
        header: t.kind,
        width: "minmax(120px, 3fr)",
        cell: ({ kind }) => <span title={t[kind]}>{t[kind]}</span>,
      },
      {
        id: "subnet",
        header: t.subnet,
        width: "minmax(110px, 1fr)",
        wide: true,
        cell: ({ subnet = "" }) => <span className="mono">{subnet}</span>,
      },
      {
        id: "bridge",
        header: t.bridge,
        width: "minmax(90px, 1fr)",
        wide: true,
        cell: ({ bridge = "" }) => <span className="mono soft">{bridge}</span>,
      },
      { id: "guests", header: t.guests, width: "120px", end: true, cell: ({ guests }) => guests },
    ],
    [text, t],
  );
  return (
    <Page title={t.title}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={t.empty} hint={t.emptyHint} />}
      {data && data.length > 0 && <Table label={t.title} rows={data} columns={columns} id={idOf} />}
    </Page>
  );
}
