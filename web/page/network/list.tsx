/** The host's networks: which there are, who is on them, and what of the host leads into them. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Empty } from "../../ui/empty.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { GuestState } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { Between } from "./between.tsx";
import { NetworkForm } from "./form.tsx";

type Network = Schemas["Network"];
type Guest = Schemas["Guest"];
const idOf = ({ id }: Network): string => id;

const networkColumns = (text: Messages): readonly Column<Network>[] => {
  const t = text.networks;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(80px, 1fr)",
      cell: ({ id, name, problem }) => (
        <>
          {problem !== undefined && (
            <span role="img" aria-label={problem} title={problem}>
              <IconAlertTriangle size={14} color="var(--warn)" style={{ verticalAlign: "-2px" }} />{" "}
            </span>
          )}
          <Link className={tableStyle["link"]} to={`/networks/${id}`} title={name}>
            {name}
          </Link>
        </>
      ),
    },
    {
      id: "kind",
      header: t.kind,
      width: "minmax(120px, 3fr)",
      cell: ({ kind }) => (
        <span title={t.hints[kind]}>
          {t.kinds[kind]} <span className={`soft ${tableStyle["wide"]}`}>{t.hints[kind]}</span>
        </span>
      ),
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
  ];
};

export function NetworkList() {
  const text = useText();
  const t = text.networks;
  const { data, error, refetch } = useRead("networkList");
  const guests = useRead("guestList").data;
  const columns = useMemo(() => networkColumns(text), [text]);
  const [adding, add] = useDisclosure();
  const button = useMay("operator") && (
    <Button leftSection={<IconPlus size={14} />} onClick={add.open}>
      {text.network.add}
    </Button>
  );
  return (
    <Page title={t.title} actions={button}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={t.empty} hint={t.emptyHint} />}
      {data && data.length > 0 && <Table label={t.title} rows={data} columns={columns} id={idOf} />}
      {data && <Between />}
      {data && guests && <Published guests={guests} />}
      {data && guests && <Leases guests={guests} />}
      {adding && <NetworkForm close={add.close} />}
    </Page>
  );
}

const guestColumn = <T extends { readonly guest: Guest }>(header: string): Column<T> => ({
  id: "guest",
  header,
  width: "minmax(90px, 1.4fr)",
  sort: ({ guest }) => guest.name,
  cell: ({ guest }) => (
    <Link className={tableStyle["link"]} to={`${guestPath(guest)}/network`}>
      {guest.name}
    </Link>
  ),
});

const stateColumn = <T extends { readonly guest: Guest }>(header: string): Column<T> => ({
  id: "state",
  header,
  width: "minmax(90px, 1fr)",
  wide: true,
  cell: ({ guest }) => <GuestState state={guest.state} />,
});

type Port = Guest["publish"][number] & { readonly guest: Guest };
const portId = ({ protocol, hostPort }: Port): string => `${protocol}/${hostPort}`;
const byPort = { by: "port" } as const;

function Published({ guests }: { readonly guests: readonly Guest[] }) {
  const text = useText();
  const t = text.networkParts;
  const ports = useMemo(
    () => guests.flatMap((guest) => guest.publish.map((port): Port => ({ ...port, guest }))),
    [guests],
  );
  const columns = useMemo(
    (): readonly Column<Port>[] => [
      {
        id: "port",
        header: t.port,
        width: "minmax(110px, 1fr)",
        sort: ({ hostPort }) => hostPort,
        cell: ({ hostPort, protocol }) => (
          <>
            <b className="number">{hostPort}</b> <span className="soft">{protocol.toUpperCase()}</span>
          </>
        ),
      },
      guestColumn(t.guest),
      {
        id: "to",
        header: t.to,
        width: "minmax(120px, 1.4fr)",
        cell: ({ guest, guestPort }) => (
          <span className="mono">{`${guest.nics.find(({ address }) => address)?.address ?? guest.name}:${guestPort}`}</span>
        ),
      },
      stateColumn(text.common.state),
    ],
    [t, text],
  );
  return (
    <Section title={t.published} hint={t.publishedHint}>
      {ports.length > 0 ? (
        <Table label={t.published} rows={ports} columns={columns} id={portId} order={byPort} />
      ) : (
        <p className="soft">{t.noPublished}</p>
      )}
    </Section>
  );
}

type Lease = Guest["nics"][number] & { readonly guest: Guest };
const leaseId = ({ guest, id }: Lease): string => `${guest.id} ${id}`;
const byGuest = { by: "guest" } as const;

function Leases({ guests }: { readonly guests: readonly Guest[] }) {
  const text = useText();
  const t = text.networkParts;
  const leases = useMemo(
    () => guests.flatMap((guest) => guest.nics.map((nic): Lease => ({ ...nic, guest }))),
    [guests],
  );
  const columns = useMemo(
    (): readonly Column<Lease>[] => [
      guestColumn(t.guest),
      {
        id: "network",
        header: text.guest.networkName,
        width: "minmax(80px, 1fr)",
        wide: true,
        sort: ({ network }) => network,
        cell: ({ network }) => network,
      },
      {
        id: "address",
        header: text.guests.address,
        width: "minmax(110px, 1.4fr)",
        sort: ({ address = "" }) => address,
        cell: ({ address, address6 }) => (
          <span className={address || address6 ? "mono" : "soft"}>
            {address ?? address6 ?? text.common.none}
            {address && address6 && <span className={tableStyle["wide"]}>, {address6}</span>}
          </span>
        ),
      },
      {
        id: "mac",
        header: text.guest.mac,
        width: "150px",
        wide: true,
        cell: ({ mac }) => <span className="mono soft">{mac}</span>,
      },
      stateColumn(text.common.state),
    ],
    [t, text],
  );
  return (
    <Section title={t.leases} hint={t.leasesHint}>
      {leases.length > 0 ? (
        <Table label={t.leases} rows={leases} columns={columns} id={leaseId} order={byGuest} />
      ) : (
        <p className="soft">{t.noLeases}</p>
      )}
    </Section>
  );
}
