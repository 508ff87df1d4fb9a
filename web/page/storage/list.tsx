/** What takes space on the host, and for whom. */
import { NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import { bytes, percent } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Empty } from "../../ui/empty.tsx";
import { distinctHosts } from "../../ui/host-column.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Page } from "../../ui/page.tsx";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { Since } from "../../ui/time.tsx";
import style from "./list.module.css";

type Item = Schemas["StorageItem"];
const idOf = ({ kind, id }: Item): string => `${kind} ${id}`;
const bySpace = { by: "takes", down: true } as const;
/** As many guests are named. */
const named = 3;

function columnsOf(text: Messages, language: string): readonly Column<Item>[] {
  const t = text.storage;
  return [
    {
      id: "what",
      header: t.what,
      width: "minmax(120px, 1.6fr)",
      sort: ({ name }) => name,
      cell: ({ name }) => <b title={name}>{name}</b>,
    },
    {
      id: "kind",
      header: t.kind,
      width: "minmax(96px, 1fr)",
      sort: ({ kind }) => t.kinds[kind],
      cell: ({ kind }) => <span title={t.hints[kind]}>{t.kinds[kind]}</span>,
    },
    {
      id: "whose",
      header: t.whose,
      width: "minmax(110px, 1.6fr)",
      wide: true,
      cell: ({ guests }) => <Guests guests={guests} nobody={t.nobody} />,
    },
    {
      id: "made",
      header: t.made,
      width: "100px",
      end: true,
      wide: "very",
      sort: ({ createdAt = "" }) => createdAt,
      cell: ({ createdAt }) => <span className="soft">{createdAt && <Since at={createdAt} />}</span>,
    },
    {
      id: "size",
      header: t.shows,
      width: "100px",
      end: true,
      wide: true,
      sort: ({ size = 0 }) => size,
      cell: ({ size }) => (
        <span className="number soft">{size === undefined ? "" : bytes(size, language)}</span>
      ),
    },
    {
      id: "takes",
      header: t.takes,
      width: "92px",
      end: true,
      sort: (item) => item.bytes,
      cell: (item) => <span className="number">{bytes(item.bytes, language)}</span>,
    },
  ];
}

function Guests({ guests, nobody }: Pick<Item, "guests"> & { readonly nobody: string }) {
  if (guests.length === 0) return <span className="soft">{nobody}</span>;
  return (
    <span title={guests.map(({ name }) => name).join(", ")}>
      {guests.slice(0, named).map((guest, at) => (
        <span key={guest.id}>
          {at > 0 && ", "}
          <Link className={tableStyle["link"]} to={`${guestPath(guest)}/disks`}>
            {guest.name}
          </Link>
        </span>
      ))}
      {guests.length > named && <span className="soft"> +{guests.length - named}</span>}
    </span>
  );
}

export function StorageList() {
  const { text, language } = useLanguage();
  const t = text.storage;
  const [params, setParams] = useSearchParams();
  const hosts = distinctHosts(useRead("poolList").data);
  const host = params.get("host") ?? hosts[0];
  const { data, error, refetch } = useRead("storageGet", {}, { every: 30_000, host });
  const kind = params.get("kind") ?? "";
  const columns = useMemo(() => columnsOf(text, language), [text, language]);
  const items = data?.items.filter((item) => kind === "" || item.kind === kind) ?? [];
  const kinds = [...new Set(data?.items.map((item) => item.kind))].toSorted();
  const choose = (part: Readonly<Record<string, string>>) =>
    setParams({ ...Object.fromEntries(params), ...part }, { replace: true });
  return (
    <Page
      title={t.title}
      actions={
        <>
          {hosts.length > 0 && (
            <NativeSelect
              size="xs"
              aria-label={text.guests.host}
              data={[...hosts]}
              value={host ?? ""}
              onChange={(event) => choose({ host: event.currentTarget.value })}
            />
          )}
          {kinds.length > 1 && (
            <NativeSelect
              size="xs"
              aria-label={t.kind}
              data={[
                { value: "", label: t.all },
                ...kinds.map((value) => ({ value, label: t.kinds[value] })),
              ]}
              value={kind}
              onChange={(event) => choose({ kind: event.currentTarget.value })}
            />
          )}
        </>
      }
    >
      <Awaited data={data} error={error} refetch={refetch} />
      {data && <Space storage={data} />}
      {data?.items.length === 0 && <Empty title={t.empty} hint={t.emptyHint} />}
      {items.length > 0 && <Table label={t.title} rows={items} columns={columns} id={idOf} order={bySpace} />}
    </Page>
  );
}

function Space({ storage: { folder, size, free, taken } }: { readonly storage: Schemas["Storage"] }) {
  const { text, language } = useLanguage();
  const t = text.storage;
  const used = size === 0 ? 0 : (size - free) / size;
  return (
    <div className={style["space"]}>
      <p>
        <b className="number">{bytes(taken, language)}</b> <span className="soft">{t.taken}</span>
        {" · "}
        <b className="number">{bytes(free, language)}</b> <span className="soft">{t.free}</span>
        {" · "}
        <span className="number">{percent(used, language)}</span>{" "}
        <span className="soft">
          {t.size} (<span className="mono">{folder}</span>)
        </span>
      </p>
      <Meter label={t.title} share={used} />
    </div>
  );
}
