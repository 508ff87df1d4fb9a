/** One network: what it is, and who has which address in it. */
import { Button } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { defaultProject } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Card, Facts, Page, Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { GuestState } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { NetworkForm } from "./form.tsx";
import style from "./show.module.css";

type Network = Schemas["Network"];
type Guest = Schemas["Guest"];

export function NetworkShow() {
  const { network: ref = "" } = useParams();
  const { data: network, error, refetch } = useRead("networkGet", { params: { network: ref } });
  const [asked, setAsked] = useState<Question>();
  const [editing, setEditing] = useState(false);
  if (!network) {
    return (
      <Page title={ref}>{error ? <Failure error={error} retry={() => void refetch()} /> : <Loading />}</Page>
    );
  }
  return (
    <Page
      title={network.name}
      actions={<Actions network={network} ask={setAsked} edit={() => setEditing(true)} />}
    >
      {network.problem !== undefined && (
        <p className={style["problem"]} role="status">
          {network.problem}
        </p>
      )}
      <Card>
        <About network={network} />
      </Card>
      <Members network={network} />
      {editing && <NetworkForm network={network} close={() => setEditing(false)} />}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

function About({ network }: { readonly network: Network }) {
  const text = useText();
  const t = text.network;
  const mono = (...words: (string | undefined)[]) => {
    const shown = words.filter((word) => word !== undefined);
    return shown.length === 0 ? undefined : <span className="mono">{shown.join(", ")}</span>;
  };
  const { dhcp, routes = [] } = network;
  return (
    <Facts
      of={[
        [
          text.networks.kind,
          <>
            {text.networks.kinds[network.kind]}{" "}
            <span className="soft">{text.networks.hints[network.kind]}</span>
          </>,
        ],
        [t.about, network.description],
        [t.project, network.project],
        [text.networks.subnet, mono(network.subnet, network.subnet6)],
        [t.gateway, mono(network.gateway, network.gateway6)],
        [t.uplink, mono(network.uplink)],
        [t.vlan, network.vlan],
        [text.networks.bridge, mono(network.bridge)],
        [t.answers, dhcp === undefined ? undefined : dhcp ? t.byLodge : t.byOthers],
        [t.isolate, network.isolateGuests ? t.isolated : undefined],
        [t.mtu, network.mtu],
        [t.domain, mono(network.domain)],
        [t.dns, network.dns && mono(...network.dns)],
        [
          t.hosts,
          network.hosts?.map(({ name, problem }) => (problem ? `${name} (${problem})` : name)).join(", "),
        ],
        [t.vni, network.vni],
        [t.routes, mono(...routes.map(({ to, via }) => `${to} → ${via}`))],
      ]}
    />
  );
}

interface ActionsProps {
  readonly network: Network;
  ask(question: Question): void;
  edit(): void;
}

function Actions({ network, ask, edit }: ActionsProps) {
  const text = useText();
  const t = text.network;
  const navigate = useNavigate();
  const may = useMay("operator");
  const remove = useChange("networkDelete").mutate;
  if (!may || network.project === undefined) return null;
  const builtIn = network.name === "default";
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={14} />} onClick={edit}>
        {t.change}
      </Button>
      {!builtIn && (
        <Button
          variant="default"
          c="var(--bad)"
          leftSection={<IconTrash size={14} />}
          onClick={() =>
            ask({
              title: t.removeTitle(network.name),
              warning: t.removeWarning,
              action: text.common.remove,
              name: network.name,
              confirm: () =>
                remove(
                  { params: { network: network.id } },
                  { onSuccess: () => void navigate("/networks", { replace: true }) },
                ),
            })
          }
        >
          {text.common.remove}
        </Button>
      )}
    </>
  );
}

type Member = Guest["nics"][number] & { readonly guest: Guest };
const memberId = ({ guest, id }: Member): string => `${guest.id} ${id}`;
const byGuest = { by: "guest" } as const;

const memberColumns = (text: Messages): readonly Column<Member>[] => [
  {
    id: "guest",
    header: text.networkParts.guest,
    width: "minmax(90px, 1.4fr)",
    sort: ({ guest }) => guest.name,
    cell: ({ guest }) => (
      <Link className={tableStyle["link"]} to={`${guestPath(guest)}/network`}>
        {guest.name}
      </Link>
    ),
  },
  {
    id: "nic",
    header: text.guest.nic,
    width: "70px",
    wide: true,
    cell: ({ id, vlan }) => <span className="soft">{vlan === undefined ? id : `${id} · VLAN ${vlan}`}</span>,
  },
  {
    id: "address",
    header: text.guests.address,
    width: "minmax(110px, 1fr)",
    sort: ({ address = "" }) => address,
    cell: ({ address }) => <span className={address ? "mono" : "soft"}>{address ?? text.common.none}</span>,
  },
  {
    id: "address6",
    header: "IPv6",
    width: "minmax(160px, 1.6fr)",
    wide: true,
    cell: ({ address6 = "" }) => <span className="mono">{address6}</span>,
  },
  {
    id: "mac",
    header: text.guest.mac,
    width: "150px",
    wide: true,
    cell: ({ mac }) => <span className="mono soft">{mac}</span>,
  },
  {
    id: "state",
    header: text.common.state,
    width: "minmax(90px, 1fr)",
    cell: ({ guest }) => <GuestState state={guest.state} />,
  },
];

function Members({ network }: { readonly network: Network }) {
  const text = useText();
  const t = text.network;
  const guests = useRead("guestList", {}, { whole: true }).data;
  const columns = useMemo(() => memberColumns(text), [text]);
  const { name, project } = network;
  const members = useMemo(
    () =>
      guests
        ?.filter((guest) => project === undefined || (guest.project ?? defaultProject) === project)
        .flatMap((guest) =>
          guest.nics.filter((nic) => nic.network === name).map((nic): Member => ({ ...nic, guest })),
        ),
    [guests, name, project],
  );
  return (
    <Section title={t.members} hint={t.membersHint}>
      {!members && <Loading />}
      {members?.length === 0 && <p className="soft">{t.noMembers}</p>}
      {members && members.length > 0 && (
        <Table label={t.members} rows={members} columns={columns} id={memberId} order={byGuest} />
      )}
    </Section>
  );
}
