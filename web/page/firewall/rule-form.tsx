/** Adds a rule to a firewall group. */
import { Checkbox, Group, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

type Rule = Schemas["FirewallRule"];
const directions = ["in", "out"] as const;
const protocols = ["any", "tcp", "udp", "icmp"] as const;
const kinds = ["any", "cidr", "guest", "group", "network", "label"] as const;
type Kind = (typeof kinds)[number];

interface RuleFormProps {
  readonly firewall: Schemas["Firewall"];
  close(): void;
}

export function RuleForm({ firewall, close }: RuleFormProps) {
  const text = useText();
  const t = text.firewalls;
  const [direction, setDirection] = useState<Rule["direction"]>("in");
  const [protocol, setProtocol] = useState<Rule["protocol"]>("tcp");
  const [ports, setPorts] = useState("");
  const [kind, setKind] = useState<Kind>("any");
  const [who, setWho] = useState("");
  const [note, setNote] = useState("");
  const [log, setLog] = useState(false);
  const add = useChange("firewallRuleAdd", { quiet: true });
  const named = useNames(firewall.project)[kind];
  const carries = protocol === "tcp" || protocol === "udp";
  function submit(): void {
    const peer = kind === "any" ? "any" : kind === "cidr" ? who.trim() : `${kind}:${who.trim()}`;
    const list = carries ? ports.split(/[\s,]+/).filter((port) => port !== "") : [];
    const body = { direction, protocol, ports: list, peer, log, note: note.trim() };
    add.mutate({ params: { firewall: firewall.id }, body }, { onSuccess: close });
  }
  return (
    <Dialog opened onClose={close} title={t.addRule} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <SegmentedControl
          fullWidth
          aria-label={t.direction}
          value={direction}
          onChange={(value) => setDirection(value as Rule["direction"])}
          data={directions.map((value) => ({ value, label: t.directions[value] }))}
        />
        {direction === "out" && <p className="soft">{t.outHint}</p>}
        <Group grow mt="md" align="start">
          <Select
            label={t.who}
            data={kinds.map((value) => ({ value, label: t.kinds[value] }))}
            value={kind}
            onChange={(value) => {
              setKind((value ?? "any") as Kind);
              setWho("");
            }}
            allowDeselect={false}
          />
          {kind !== "any" &&
            (named ? (
              <Select
                required
                searchable
                label={t.named}
                data={named}
                value={who === "" ? null : who}
                onChange={(value) => setWho(value ?? "")}
              />
            ) : (
              <TextInput
                required
                label={t.named}
                placeholder={kind === "label" ? "tier=front" : "10.0.0.0/8"}
                value={who}
                onChange={(event) => setWho(event.currentTarget.value)}
                spellCheck={false}
              />
            ))}
        </Group>
        <Group grow mt="md" align="start">
          <Select
            label={t.protocol}
            data={protocols.map((value) => ({ value, label: t.protocols[value] }))}
            value={protocol}
            onChange={(value) => setProtocol((value ?? "any") as Rule["protocol"])}
            allowDeselect={false}
          />
          <TextInput
            label={t.ports}
            placeholder="22, 80, 8000-8100"
            disabled={!carries}
            value={ports}
            onChange={(event) => setPorts(event.currentTarget.value)}
            spellCheck={false}
          />
        </Group>
        <TextInput
          mt="md"
          label={t.note}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Checkbox
          mt="md"
          size="xs"
          label={t.logged}
          checked={log}
          onChange={(event) => setLog(event.currentTarget.checked)}
        />
        <FormEnd action={t.addRule} close={close} error={add.error} pending={add.isPending} />
      </form>
    </Dialog>
  );
}

/** Who can be chosen, for the kinds that have names: of the group's project. */
function useNames(project: string): Partial<Record<Kind, readonly string[]>> {
  const guests = useRead("guestList").data ?? [];
  const networks = useRead("networkList").data ?? [];
  const groups = useRead("firewallList").data ?? [];
  const own = <T extends { readonly name: string; readonly project?: string }>(items: readonly T[]) =>
    items.filter((item) => item.project === undefined || item.project === project).map(({ name }) => name);
  return {
    guest: own(guests),
    group: own(groups),
    network: own(networks.filter(({ bridge }) => bridge !== undefined)),
  };
}
