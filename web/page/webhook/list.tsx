/** Webhooks: who is told of what happens here, and how it goes. */
import { useDisclosure } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import type { Messages } from "../../text/en.ts";
import { integer } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { ListPage } from "../../ui/list-page.tsx";
import type { Column } from "../../ui/column.ts";
import { Secret } from "../../ui/secret.tsx";
import tableStyle from "../../ui/table.module.css";
import { Since } from "../../ui/time.tsx";
import { WebhookForm } from "./form.tsx";
import { WebhookState } from "./state.tsx";

type Webhook = Schemas["Webhook"];
const idOf = ({ id }: Webhook): string => id;
const nameOf = ({ name }: Webhook): string => name;
const byName = { by: "name" } as const;

function webhookColumns(text: Messages, language: string): readonly Column<Webhook>[] {
  const t = text.webhooks;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(110px, 1fr)",
      sort: nameOf,
      cell: ({ name }) => (
        <Link className={tableStyle["link"]} to={`/webhooks/${name}`}>
          {name}
        </Link>
      ),
    },
    {
      id: "state",
      header: text.common.state,
      width: "minmax(90px, 120px)",
      sort: ({ state }) => state,
      cell: (webhook) => <WebhookState webhook={webhook} />,
    },
    {
      id: "url",
      header: t.url,
      width: "minmax(160px, 2fr)",
      wide: true,
      cell: ({ url }) => <span title={url}>{url}</span>,
    },
    {
      id: "events",
      header: t.events,
      width: "minmax(110px, 1.2fr)",
      wide: "very",
      cell: ({ events }) => <span className="mono soft">{events.join(" ")}</span>,
    },
    {
      id: "waiting",
      header: t.waiting,
      width: "80px",
      end: true,
      sort: ({ waiting }) => waiting,
      cell: ({ waiting }) => <span className="number">{integer(waiting, language)}</span>,
    },
    {
      id: "delivered",
      header: t.delivered,
      width: "120px",
      end: true,
      wide: true,
      sort: ({ deliveredAt = "" }) => deliveredAt,
      cell: ({ deliveredAt }) => (
        <span className="soft">{deliveredAt === undefined ? t.never : <Since at={deliveredAt} />}</span>
      ),
    },
  ];
}

export function WebhookList() {
  const { text, language } = useLanguage();
  const t = text.webhooks;
  const read = useRead("webhookList");
  const [adding, add] = useDisclosure();
  const [secret, setSecret] = useState<string>();
  const columns = useMemo(() => webhookColumns(text, language), [text, language]);
  return (
    <ListPage text={t} read={read} add={add.open} columns={columns} id={idOf} name={nameOf} order={byName}>
      {adding && <WebhookForm close={add.close} made={setSecret} />}
      <Secret title={t.secret} hint={t.secretHint} secret={secret} close={() => setSecret(undefined)} />
    </ListPage>
  );
}
