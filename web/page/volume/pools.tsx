/** The pools of the host: what is left in each, and what is promised. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { defaultPool } from "#contract/schema/pool";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { bytes } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { distinctHosts, hostColumn, inCluster } from "../../ui/host-column.tsx";
import { Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";
import { PoolForm } from "./pool-form.tsx";

type Pool = Schemas["Pool"];
const idOf = ({ name, host = "" }: Pool): string => `${host} ${name}`;
const nameOf = ({ name }: Pool): string => name;

interface Doing {
  edit(pool: Pool): void;
  remove(pool: Pool): void;
}

export function Pools() {
  const { text, language } = useLanguage();
  const t = text.pools;
  // What is free on a file system changes without Lodge's doing.
  const { data, error, refetch } = useRead("poolList", {}, { every: 30_000 });
  const [adding, add] = useDisclosure();
  const [edited, setEdited] = useState<Pool>();
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("poolDelete").mutate;
  const mayMake = useMayOnHost("admin");
  const clustered = inCluster(data);
  const columns = useMemo(() => {
    const ask = ({ name, host }: Pool) =>
      setAsked({
        title: t.removeTitle(name),
        warning: t.removeWarning,
        action: text.common.remove,
        confirm: () => remove({ params: { pool: name }, host }),
      });
    return columnsOf(text, language, clustered, mayMake ? { edit: setEdited, remove: ask } : undefined);
  }, [text, t, language, clustered, mayMake, remove]);
  const button = mayMake && (
    <Button variant="default" leftSection={<IconPlus size={14} />} onClick={add.open}>
      {t.add}
    </Button>
  );
  return (
    <Section title={t.title} hint={t.hint} actions={button}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && <Table label={t.title} rows={data} columns={columns} id={idOf} name={nameOf} />}
      {adding && <PoolForm hosts={distinctHosts(data)} close={add.close} />}
      {edited && <PoolForm pool={edited} close={() => setEdited(undefined)} />}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Section>
  );
}

function columnsOf(
  text: Messages,
  language: string,
  clustered: boolean,
  doing: Doing | undefined,
): readonly Column<Pool>[] {
  const t = text.pools;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(80px, 1fr)",
      cell: ({ name, description }) => <b title={description === "" ? name : description}>{name}</b>,
    },
    ...hostColumn<Pool>(text.guests.host, clustered),
    {
      id: "kind",
      header: t.kind,
      width: "minmax(80px, 1fr)",
      wide: true,
      cell: ({ kind }) => <span title={t.kindHints[kind]}>{t.kinds[kind]}</span>,
    },
    {
      id: "target",
      header: t.target,
      width: "minmax(120px, 2fr)",
      wide: true,
      cell: ({ target }) => (
        <span className="mono soft" title={target}>
          {target}
        </span>
      ),
    },
    {
      id: "promised",
      header: t.promised,
      width: "minmax(104px, 1fr)",
      end: true,
      wide: "very",
      cell: ({ promised, quota }) => (
        <span className="number" title={t.promisedHint}>
          {quota === undefined
            ? bytes(promised, language)
            : t.ofQuota(bytes(promised, language), bytes(quota, language))}
        </span>
      ),
    },
    {
      id: "used",
      header: text.volumes.used,
      width: "84px",
      end: true,
      wide: true,
      cell: ({ used, state }) => (
        <span className="number soft">{state === "ready" ? bytes(used, language) : ""}</span>
      ),
    },
    {
      id: "free",
      header: t.free,
      width: "minmax(84px, 120px)",
      end: true,
      cell: ({ free, state, reason }) =>
        state === "ready" ? (
          <span className="number">{bytes(free, language)}</span>
        ) : (
          <span className="bad" title={reason}>
            {t.unusable}
          </span>
        ),
    },
    {
      id: "menu",
      header: "",
      width: "32px",
      cell: (pool) => (doing ? <PoolActions pool={pool} doing={doing} /> : null),
    },
  ];
}

function PoolActions({ pool, doing }: { readonly pool: Pool; readonly doing: Doing }) {
  const text = useText();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${pool.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => doing.edit(pool)}>{text.pools.edit}…</Menu.Item>
        {pool.name !== defaultPool && (
          <Menu.Item c="var(--bad)" onClick={() => doing.remove(pool)}>
            {text.common.remove}…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
