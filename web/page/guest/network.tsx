/** A guest's network cards, and the ports of the host that lead to it. */
import { Button, NumberInput, SegmentedControl } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Card, Section } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Nics } from "./nic-list.tsx";
import { AddNic } from "./nics.tsx";
import { OnTheWire } from "./on-the-wire.tsx";
import style from "./network.module.css";

type Guest = Schemas["Guest"];
type Port = Guest["publish"][number];

const portId = ({ protocol, hostPort }: Port): string => `${protocol}/${hostPort}`;

export function GuestNetwork({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.guest;
  const [adding, setAdding] = useState(false);
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
            <Nics guest={guest} />
          </Section>
          <OnTheWire guest={guest} />
          <Ports guest={guest} />
        </>
      )}
      {adding && <AddNic guest={guest} close={() => setAdding(false)} />}
    </>
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
