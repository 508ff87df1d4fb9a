/** One firewall group: its rules, and whom they hold for. */
import { ActionIcon, Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { parseFirewallPeer } from "#contract/firewall-peer";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { integer } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Card, Facts, Page, Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import { RuleForm } from "./rule-form.tsx";
import { Users } from "./users.tsx";

type Firewall = Schemas["Firewall"];
type Rule = Schemas["FirewallRule"];
const idOf = ({ id }: Rule): string => id;

export function FirewallShow() {
  const { firewall: ref = "" } = useParams();
  const text = useText();
  const t = text.firewalls;
  const navigate = useNavigate();
  const {
    data: firewall,
    error,
    refetch,
  } = useRead("firewallGet", { params: { firewall: ref } }, { every: 5000 });
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("firewallDelete").mutate;
  const may = useMay("operator");
  if (!firewall) {
    return (
      <Page title={t.one}>
        {error ? <Failure error={error} retry={() => void refetch()} /> : <Loading />}
      </Page>
    );
  }
  const { id, name, description, project, createdAt, guests, networks } = firewall;
  const used = guests.length + networks.length > 0;
  const question: Question = {
    title: t.removeTitle(name),
    warning: t.removeWarning,
    action: text.common.remove,
    confirm: () => remove({ params: { firewall: id } }, { onSuccess: () => void navigate("/firewalls") }),
  };
  return (
    <Page
      title={name}
      actions={
        may && (
          <Button
            variant="default"
            disabled={used}
            {...(used ? { title: t.inUse } : {})}
            onClick={() => setAsked(question)}
          >
            {text.common.remove}
          </Button>
        )
      }
    >
      <Card>
        <Facts
          of={[
            [text.common.description, description || undefined],
            [t.project, project],
            [t.made, <Since at={createdAt} />],
          ]}
        />
      </Card>
      <Rules firewall={firewall} />
      <Users firewall={firewall} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

/** Whom a rule speaks of, in words. */
function peerWords(text: string, t: Messages["firewalls"]): string {
  const peer = parseFirewallPeer(text);
  switch (peer?.kind) {
    case "any":
      return t.peers.any;
    case "guest":
    case "group":
    case "network":
      return t.peers[peer.kind](peer.name);
    case "label":
      return t.peers.label(`${peer.key}=${peer.value}`);
    default:
      return text;
  }
}

function Rules({ firewall }: { readonly firewall: Firewall }) {
  const { text, language } = useLanguage();
  const t = text.firewalls;
  const [adding, add] = useDisclosure();
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("firewallRuleDelete").mutate;
  const may = useMay("operator");
  const columns = useMemo(
    (): readonly Column<Rule>[] => [
      {
        id: "peer",
        header: t.who,
        width: "minmax(140px, 2fr)",
        cell: ({ direction, peer }) => (
          <>
            <span className="soft">{t.ways[direction]}</span> <b>{peerWords(peer, t)}</b>
          </>
        ),
      },
      {
        id: "what",
        header: t.what,
        width: "minmax(110px, 1.4fr)",
        cell: ({ protocol, ports }) => (
          <span>
            {t.protocols[protocol]} <span className="mono">{ports.join(", ")}</span>
          </span>
        ),
      },
      {
        id: "note",
        header: t.note,
        width: "minmax(100px, 1.6fr)",
        wide: true,
        cell: ({ note, log }) => (
          <span className="soft">{[note, log ? t.isLogged : ""].filter(Boolean).join(" · ")}</span>
        ),
      },
      {
        id: "packets",
        header: t.packets,
        width: "100px",
        end: true,
        wide: true,
        cell: ({ packets }) => (
          <span className="number">{packets === undefined ? "" : integer(packets, language)}</span>
        ),
      },
      {
        id: "remove",
        header: "",
        width: "44px",
        end: true,
        cell: ({ id, direction, peer }) =>
          may && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t.removeRule}: ${t.ways[direction]} ${peerWords(peer, t)}`}
              onClick={() =>
                setAsked({
                  title: t.removeRule,
                  warning: t.removeRuleWarning,
                  action: text.common.remove,
                  confirm: () => remove({ params: { firewall: firewall.id, rule: id } }),
                })
              }
            >
              <IconTrash size={15} />
            </ActionIcon>
          ),
      },
    ],
    [t, text, language, may, remove, firewall.id],
  );
  const button = may && (
    <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={add.open}>
      {t.addRule}
    </Button>
  );
  return (
    <Section title={t.rules} hint={t.rulesHint} actions={button}>
      {firewall.rules.length > 0 ? (
        <Table label={t.rules} rows={firewall.rules} columns={columns} id={idOf} />
      ) : (
        <p className="soft">{t.noRules}</p>
      )}
      {adding && <RuleForm firewall={firewall} close={add.close} />}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Section>
  );
}
