/** What lies between the hosts of a cluster, and so whether networks span them. */
import { Select } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Facts, Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";

type Underlay = Schemas["Underlay"];
type Kind = Underlay["kind"];
type Host = Underlay["hosts"][number];

const kinds: readonly Kind[] = ["none", "trusted", "wireguard"];
const nameOf = ({ name }: Host): string => name;

const hostColumns = (text: Messages): readonly Column<Host>[] => {
  const t = text.between;
  return [
    { id: "name", header: t.host, width: "minmax(90px, 1fr)", cell: ({ name }) => name },
    {
      id: "address",
      header: text.guests.address,
      width: "minmax(120px, 1.4fr)",
      cell: ({ address }) => (
        <span className={address === undefined ? "soft" : "mono"}>{address ?? t.unknown}</span>
      ),
    },
    { id: "mtu", header: text.network.mtu, width: "80px", end: true, cell: ({ mtu }) => mtu },
    {
      id: "wireguard",
      header: t.kinds.wireguard,
      width: "110px",
      wide: true,
      cell: ({ wireguard }) => <span className="soft">{wireguard ? t.has : t.lacks}</span>,
    },
  ];
};

/** Of a host that stands alone, nothing. */
export function Between() {
  const text = useText();
  const t = text.between;
  const { data } = useRead("networkUnderlay");
  const columns = useMemo(() => hostColumns(text), [text]);
  if (!data || data.hosts.length < 2) return null;
  return (
    <Section title={t.title} hint={t.hint}>
      <Said underlay={data} />
      <Table label={t.hosts} rows={data.hosts} columns={columns} id={nameOf} />
    </Section>
  );
}

function Said({ underlay: { kind, mtu } }: { readonly underlay: Underlay }) {
  const t = useText().between;
  const may = useMay("admin");
  const [asked, ask] = useState<Question>();
  const change = useChange("networkUnderlaySet").mutate;
  const choose = (chosen: Kind) =>
    ask({
      title: t.changeTitle(t.kinds[chosen]),
      warning: t.warnings[chosen],
      action: t.change,
      confirm: () => change({ body: { kind: chosen } }),
    });
  const shown = may ? (
    <Select
      aria-label={t.title}
      w={200}
      allowDeselect={false}
      data={kinds.map((one) => ({ value: one, label: t.kinds[one] }))}
      value={kind}
      onChange={(value) => value !== kind && choose(value as Kind)}
    />
  ) : (
    t.kinds[kind]
  );
  return (
    <>
      <Facts
        of={[
          [t.kind, shown],
          [t.means, t.hints[kind]],
          [t.fits, mtu],
        ]}
      />
      <Confirm question={asked} close={() => ask(undefined)} />
    </>
  );
}
