/** What switches each host off from outside when it is lost, so that its guests can come back elsewhere. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useHosts } from "../../data/hosts.ts";
import { useRead } from "../../data/query.ts";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Dot } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import { FenceForm } from "./fence-form.tsx";

type ClusterHost = Schemas["ClusterHost"];
type Fence = Schemas["Fence"];

interface Fenced {
  readonly host: ClusterHost;
  readonly fence?: Fence | undefined;
}

type Act = "set" | "confirm" | "remove";
interface Doing extends Fenced {
  readonly act: Act;
}

const nameOf = ({ host }: Fenced): string => host.name;
const byName = { by: "name" } as const;
/** Milliseconds: no frame of the feed tells how it went the last time. */
const every = 30_000;

/** For admins of the hosts, who alone may see them. */
export function Fences() {
  const text = useText();
  const t = text.fences;
  const { data, error, refetch } = useRead("fenceList", {}, { every });
  const hosts = useHosts().data;
  const [doing, setDoing] = useState<Doing>();
  const columns = useMemo(() => fenceColumns(text, setDoing), [text]);
  const rows = useMemo(
    () =>
      hosts
        ?.filter(({ witness }) => !witness)
        .map((host): Fenced => ({ host, fence: data?.find(({ name }) => name === host.name) })),
    [hosts, data],
  );
  return (
    <Section title={t.title} hint={t.hint}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && rows && (
        <Table label={t.title} rows={rows} columns={columns} id={nameOf} name={nameOf} order={byName} />
      )}
      <FenceDialog doing={doing} close={() => setDoing(undefined)} />
    </Section>
  );
}

const fenceColumns = (text: Messages, act: (doing: Doing) => void): readonly Column<Fenced>[] => {
  const t = text.fences;
  return [
    {
      id: "name",
      header: text.hosts.one,
      width: "minmax(90px, 1fr)",
      sort: nameOf,
      cell: ({ host }) => host.name,
    },
    {
      id: "command",
      header: t.command,
      width: "minmax(140px, 3fr)",
      cell: ({ fence }) =>
        fence ? (
          <span className="mono" title={fence.command.join(" ")}>
            {fence.command.join(" ")}
          </span>
        ) : (
          <span className="soft">{t.none}</span>
        ),
    },
    {
      id: "last",
      header: t.last,
      width: "minmax(150px, 1.2fr)",
      wide: true,
      cell: ({ fence }) => fence && <Last fence={fence} />,
    },
    { id: "menu", header: "", width: "32px", cell: (fenced) => <FenceMenu fenced={fenced} act={act} /> },
  ];
};

function Last({ fence: { last } }: { readonly fence: Fence }) {
  const t = useText().fences;
  if (!last) return <span className="soft">{t.never}</span>;
  return (
    <span title={last.said}>
      <Dot tone={last.ok ? "good" : "bad"}>{last.ok ? t.worked : t.failed}</Dot> <Since at={last.at} />
    </span>
  );
}

function FenceMenu({ fenced, act }: { readonly fenced: Fenced; act(doing: Doing): void }) {
  const text = useText();
  const t = text.fences;
  const { host, fence } = fenced;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${t.of(host.name)}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => act({ ...fenced, act: "set" })}>{fence ? t.change : t.set}…</Menu.Item>
        {!host.answers && (
          <Menu.Item onClick={() => act({ ...fenced, act: "confirm" })}>{t.confirm}…</Menu.Item>
        )}
        {fence && (
          <Menu.Item c="var(--bad)" onClick={() => act({ ...fenced, act: "remove" })}>
            {text.common.remove}…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function FenceDialog({ doing, close }: { readonly doing: Doing | undefined; close(): void }) {
  const text = useText();
  const t = text.fences;
  const confirm = useChange("fenceConfirm").mutate;
  const remove = useChange("fenceDelete").mutate;
  const name = doing?.host.name ?? "";
  const params = { fence: name };
  const questions: Readonly<Record<Act, Question | undefined>> = {
    set: undefined,
    confirm: {
      title: t.confirmTitle(name),
      warning: t.confirmWarning,
      action: t.confirm,
      name,
      confirm: () => confirm({ params }),
    },
    remove: {
      title: t.removeTitle(name),
      warning: t.removeWarning,
      action: text.common.remove,
      confirm: () => remove({ params }),
    },
  };
  return (
    <>
      {doing?.act === "set" && <FenceForm host={name} fence={doing.fence} close={close} />}
      <Confirm question={doing && questions[doing.act]} close={close} />
    </>
  );
}
