/** A guest's network cards, and the ports of the host that lead to it. */
import { Button, NumberInput, SegmentedControl } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useRead } from "../../data/query.ts";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";
import { AddNic } from "./nics.tsx";
import style from "./network.module.css";

type Guest = Schemas["Guest"];
type Nic = Guest["nics"][number];
type Port = Guest["publish"][number];

const nicId = ({ id }: Nic): string => id;
const portId = ({ protocol, hostPort }: Port): string => `${protocol}/${hostPort}`;

const nicColumns = (
  t: Messages["guest"],
  f: Messages["firewalls"],
  address: string,
  none: string,
): readonly Column<Nic>[] => [
  { id: "nic", header: t.nic, width: "minmax(44px, 1fr)", cell: ({ id }) => <b>{id}</b> },
  { id: "network", header: t.networkName, width: "minmax(60px, 1fr)", cell: ({ network }) => network },
  {
    id: "address",
    header: address,
    width: "minmax(96px, 1.4fr)",
    cell: ({ address: four, address6: six }) => (
      <span className={four || six ? "mono" : "soft"}>{[four, six].filter(Boolean).join(", ") || none}</span>
    ),
  },
  {
    id: "mac",
    header: t.mac,
    width: "150px",
    wide: true,
    cell: ({ mac, pin }) => (
      <>
        <span className="mono soft">{mac}</span>
        {pin === "off" && <b title={f.notPinnedHint}> {f.notPinned}</b>}
      </>
    ),
  },
];

export function GuestNetwork({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.guest;
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("nicRemove").mutate;
  const columns = useMemo((): readonly Column<Nic>[] => {
    const ask = ({ id }: Nic) =>
      setAsked({
        title: text.network.removeNicTitle(id),
        warning: text.network.removeNicWarning,
        action: text.network.removeNic,
        confirm: () => remove({ params: { guest: guest.id, nic: id } }),
      });
    return [
      ...nicColumns(t, text.firewalls, text.guests.address, text.common.none),
      {
        id: "do",
        header: "",
        width: "88px",
        end: true,
        cell: (nic) => (
          <Button
            size="compact-xs"
            variant="default"
            disabled={!may("remove-nic", guest)}
            onClick={() => ask(nic)}
          >
            {text.common.remove}
          </Button>
        ),
      },
    ];
  }, [t, text, guest, remove]);
  const button = (
    <Button
      variant="default"
      leftSection={<IconPlus size={14} />}
      disabled={!may("add-nic", guest)}
      onClick={() => setAdding(true)}
    >
      {text.network.addNic}
    </Button>
  );
  return (
    <>
      {guest.nics.length === 0 ? (
        <Empty title={t.noNics} hint={t.noNicsHint} action={button} />
      ) : (
        <>
          <Section title={t.network} actions={button}>
            <Table label={t.network} rows={guest.nics} columns={columns} id={nicId} />
          </Section>
          <Heard guest={guest} />
          <Ports guest={guest} />
        </>
      )}
      {adding && <AddNic guest={guest} close={() => setAdding(false)} />}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}

/** With which addresses it was heard, also those that somebody else gave it; nothing where none was. */
function Heard({ guest }: { readonly guest: Guest }) {
  const t = useText().firewalls;
  const addresses = useRead("guestAddressList", { params: { guest: guest.id } }).data ?? [];
  const heard = addresses.filter((one) => one.heard !== undefined);
  if (heard.length === 0) return null;
  return (
    <Section title={t.heard} hint={t.heardHint}>
      <Card>
        <Facts
          of={guest.nics.map(({ id }) => {
            const own = heard.filter(({ nic }) => nic === id);
            if (own.length === 0) return [id, undefined] as const;
            const said = own.map((one) => (
              <div key={one.address}>{t.heardAgo(one.address, one.heard ?? 0)}</div>
            ));
            return [id, <div className="mono">{said}</div>] as const;
          })}
        />
      </Card>
    </Section>
  );
}

function Ports({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.guest;
  const queries = useQueryClient();
  const { mutate, error, isPending } = useChange("guestUpdate", { quiet: true });
  const change = useMemo(
    () => (publish: readonly Port[], then?: () => void) =>
      mutate(
        { params: { guest: guest.id }, body: { publish: [...publish] } },
        {
          onSuccess: (changed) => {
            putObject(queries, "guest", changed);
            then?.();
          },
        },
      ),
    [mutate, guest.id, queries],
  );
  const columns = useMemo(
    (): readonly Column<Port>[] => [
      { id: "protocol", header: t.protocol, width: "90px", cell: ({ protocol }) => protocol.toUpperCase() },
      { id: "host", header: t.hostPort, width: "1fr", cell: ({ hostPort }) => hostPort },
      { id: "guest", header: t.guestPort, width: "1fr", cell: ({ guestPort }) => guestPort },
      {
        id: "do",
        header: "",
        width: "100px",
        end: true,
        cell: (port) => (
          <Button
            size="compact-xs"
            variant="default"
            disabled={!may("update", guest)}
            onClick={() => change(guest.publish.filter((each) => portId(each) !== portId(port)))}
          >
            {text.common.remove}
          </Button>
        ),
      },
    ],
    [t, text, guest, change],
  );
  return (
    <Section title={t.ports} hint={t.portsHint}>
      {guest.publish.length > 0 ? (
        <Table label={t.ports} rows={guest.publish} columns={columns} id={portId} />
      ) : (
        <p className="soft">{t.noPorts}</p>
      )}
      {may("update", guest) && (
        <Card>
          <AddPort pending={isPending} add={(port, then) => change([...guest.publish, port], then)} />
          {error && <Failure error={error} />}
        </Card>
      )}
    </Section>
  );
}

interface AddPortProps {
  readonly pending: boolean;
  add(port: Port, then: () => void): void;
}

function AddPort({ pending, add }: AddPortProps) {
  const text = useText();
  const t = text.guest;
  const [protocol, setProtocol] = useState<Port["protocol"]>("tcp");
  const [hostPort, setHostPort] = useState<number | string>("");
  const [guestPort, setGuestPort] = useState<number | string>("");
  const ready = typeof hostPort === "number" && typeof guestPort === "number";
  const range = { min: 1, max: 65_535, allowDecimal: false, hideControls: true, size: "xs" } as const;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        add({ protocol, hostPort, guestPort }, () => {
          setHostPort("");
          setGuestPort("");
        });
      }}
    >
      <div className={style["port"]}>
        <SegmentedControl
          size="xs"
          aria-label={t.protocol}
          data={[
            { value: "tcp", label: "TCP" },
            { value: "udp", label: "UDP" },
          ]}
          value={protocol}
          onChange={(value) => setProtocol(value as Port["protocol"])}
        />
        <NumberInput label={t.hostPort} value={hostPort} onChange={setHostPort} {...range} />
        <NumberInput label={t.guestPort} value={guestPort} onChange={setGuestPort} {...range} />
        <Button type="submit" variant="default" disabled={!ready} loading={pending}>
          {t.addPort}
        </Button>
      </div>
    </form>
  );
}
