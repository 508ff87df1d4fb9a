/** Whom a group holds for: guests and networks of its project, chosen here. */
import { MultiSelect } from "@mantine/core";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Section } from "../../ui/page.tsx";

type Firewall = Schemas["Firewall"];

const without = (all: readonly string[], some: readonly string[]): string[] =>
  all.filter((one) => !some.includes(one));

export function Users({ firewall }: { readonly firewall: Firewall }) {
  const text = useText();
  const t = text.firewalls;
  const { id, project, guests, networks } = firewall;
  const attach = useChange("firewallAttach");
  const detach = useChange("firewallDetach");
  const may = useMay("operator");
  const knownGuests = useRead("guestList").data ?? [];
  const knownNetworks = useRead("networkList").data ?? [];
  const pending = attach.isPending || detach.isPending;

  function change(kind: "guests" | "networks", wanted: readonly string[]): void {
    const params = { firewall: id };
    const added = without(wanted, firewall[kind]);
    const gone = without(firewall[kind], wanted);
    if (added.length > 0) attach.mutate({ params, body: { [kind]: added } });
    if (gone.length > 0) detach.mutate({ params, body: { [kind]: gone } });
  }
  const own = (item: { readonly project?: string }) => (item.project ?? project) === project;
  const bridged = knownNetworks.filter((network) => own(network) && network.bridge !== undefined);
  const names = (items: readonly { readonly name: string }[], held: readonly string[]) => [
    ...new Set([...items.map(({ name }) => name), ...held]),
  ];
  return (
    <Section title={t.holdsFor} hint={t.holdsForHint}>
      <MultiSelect
        searchable
        label={t.guests}
        data={names(knownGuests.filter(own), guests)}
        value={[...guests]}
        onChange={(wanted) => change("guests", wanted)}
        disabled={!may || pending}
        limit={50}
        maw={640}
      />
      <MultiSelect
        mt="md"
        label={t.networks}
        description={t.networksHint}
        data={names(bridged, networks)}
        value={[...networks]}
        onChange={(wanted) => change("networks", wanted)}
        disabled={!may || pending}
        maw={640}
      />
    </Section>
  );
}
