/** The hosts of the cluster; a host that is alone is shown by itself. */
import type { Schemas } from "#contract/schemas";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useHosts } from "../../data/hosts.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Page } from "../../ui/page.tsx";
import { Table } from "../../ui/table.tsx";
import { HostDialog, type Doing } from "./actions.tsx";
import { hostColumns } from "./columns.tsx";
import { AddHost } from "./add.tsx";
import { HostAlone } from "./alone.tsx";
import { Backup } from "./backup.tsx";
import { Fences } from "./fences.tsx";
import { LetIn } from "./let-in.tsx";
import { PlacementPolicy } from "./placement.tsx";
import { PlannedRebalance } from "./planned.tsx";
import { Rebalance } from "./rebalance.tsx";
import { ClusterStatus } from "./status.tsx";

type ClusterHost = Schemas["ClusterHost"];

const idOf = ({ id }: ClusterHost): string => id;
const nameOf = ({ name }: ClusterHost): string => name;
const byName = { by: "name" } as const;

type Opened = "add" | "let-in" | "rebalance" | "backup";

export function HostList() {
  const text = useText();
  const { data, error, refetch } = useHosts();
  const [open, setOpen] = useState<Opened>();
  const close = () => setOpen(undefined);
  const may = useMayOnHost("admin");
  const here = data?.find((host) => host.here)?.name ?? "";
  const buttons = may && (
    <>
      <Button variant="default" onClick={() => setOpen("backup")}>
        {text.backup.action}
      </Button>
      {data && data.length > 1 && (
        <Button variant="default" onClick={() => setOpen("rebalance")}>
          {text.rebalancing.action}
        </Button>
      )}
      <Button variant="default" onClick={() => setOpen("let-in")}>
        {text.arrivals.action}
      </Button>
      <Button leftSection={<IconPlus size={14} />} onClick={() => setOpen("add")}>
        {text.cluster.add}
      </Button>
    </>
  );
  if (data?.length === 0) return <HostAlone />;
  return (
    <Page title={text.hosts.title} actions={buttons}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && <ClusterStatus />}
      {data && <Hosts hosts={data} />}
      {data && data.length > 1 && <PlacementPolicy />}
      {data && may && <PlannedRebalance />}
      {data?.length === 1 && <p className="soft">{text.cluster.aloneHint}</p>}
      {data && data.length > 1 && may && <Fences />}
      {open === "add" && <AddHost close={close} />}
      {open === "let-in" && <LetIn close={close} />}
      {open === "rebalance" && <Rebalance close={close} />}
      {open === "backup" && <Backup host={here} close={close} />}
    </Page>
  );
}

function Hosts({ hosts }: { readonly hosts: readonly ClusterHost[] }) {
  const text = useText();
  const [doing, setDoing] = useState<Doing>();
  const columns = useMemo(() => hostColumns(text, setDoing), [text]);
  return (
    <>
      <Table label={text.hosts.title} rows={hosts} columns={columns} id={idOf} name={nameOf} order={byName} />
      <HostDialog doing={doing} close={() => setDoing(undefined)} />
    </>
  );
}
