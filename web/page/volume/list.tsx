/** Volumes, guests' own disks among them, and the pools that they are in. */
import { useDisclosure } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { bytes } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { ListPage } from "../../ui/list-page.tsx";
import type { Column } from "../../ui/column.ts";
import { hostColumn, inCluster } from "../../ui/host-column.tsx";
import { Unanswered } from "../../ui/unanswered.tsx";
import tableStyle from "../../ui/table.module.css";
import { VolumeActions, type Doing } from "./actions.tsx";
import { NewVolume, VolumeDialog } from "./dialogs.tsx";
import { Pools } from "./pools.tsx";

type Volume = Schemas["Volume"];
const idOf = ({ id }: Volume): string => id;
const nameOf = ({ name }: Volume): string => name;
const lists = ["volumeList", "poolList"] as const;
const byName = { by: "name" } as const;

export function VolumeList() {
  const { text, language } = useLanguage();
  const t = text.volumes;
  const read = useRead("volumeList");
  const [adding, add] = useDisclosure();
  const [doing, setDoing] = useState<Doing>();
  const may = useMay("operator");
  const clustered = inCluster(read.data);
  const columns = useMemo(() => columnsOf(text, language, clustered, setDoing), [text, language, clustered]);
  return (
    <ListPage
      text={t}
      read={read}
      add={may && add.open}
      notice={<Unanswered of={lists} />}
      columns={columns}
      id={idOf}
      name={nameOf}
      order={byName}
    >
      {read.data && <Pools />}
      {adding && <NewVolume close={add.close} />}
      <VolumeDialog
        key={doing && doing.act + doing.volume.id}
        doing={doing}
        close={() => setDoing(undefined)}
      />
    </ListPage>
  );
}

function columnsOf(
  text: Messages,
  language: string,
  clustered: boolean,
  act: (doing: Doing) => void,
): readonly Column<Volume>[] {
  const t = text.volumes;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(88px, 1.6fr)",
      sort: nameOf,
      cell: ({ name, description }) => <b title={description === "" ? name : description}>{name}</b>,
    },
    {
      id: "guest",
      header: t.guest,
      width: "minmax(72px, 1.2fr)",
      sort: ({ guestName = "" }) => guestName,
      cell: (volume) => <Where volume={volume} />,
    },
    ...hostColumn<Volume>(text.guests.host, clustered),
    {
      id: "pool",
      header: t.pool,
      width: "minmax(80px, 1fr)",
      wide: true,
      sort: ({ pool }) => pool,
      cell: ({ pool }) => pool,
    },
    {
      id: "used",
      header: t.used,
      width: "92px",
      end: true,
      wide: true,
      sort: ({ used }) => used,
      cell: ({ used }) => <span className="number soft">{bytes(used, language)}</span>,
    },
    {
      id: "size",
      header: t.size,
      width: "72px",
      end: true,
      sort: ({ size }) => size,
      cell: ({ size }) => <span className="number">{bytes(size, language)}</span>,
    },
    {
      id: "menu",
      header: "",
      width: "32px",
      cell: (volume) => <VolumeActions volume={volume} act={(name) => act({ act: name, volume })} />,
    },
  ];
}

function Where({ volume: { guest, guestName, project, disk, own, state } }: { readonly volume: Volume }) {
  const { text } = useLanguage();
  const t = text.volumes;
  if (guest === undefined || guestName === undefined)
    return <span className="soft">{state === "making" ? t.making : t.nobody}</span>;
  return (
    <span>
      <Link className={tableStyle["link"]} to={`${guestPath({ id: guest, name: guestName, project })}/disks`}>
        {guestName}
      </Link>{" "}
      <span className={own ? `soft ${tableStyle["wide"]}` : "soft"}>{own ? t.own : disk}</span>
    </span>
  );
}
