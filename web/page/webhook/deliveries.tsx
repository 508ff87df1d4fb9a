/** What was sent to a webhook, and what came of it. */
import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import type { Messages } from "../../text/en.ts";
import { moment, span } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty } from "../../ui/empty.tsx";
import { tell } from "../../ui/notify.ts";
import { Facts, Section } from "../../ui/page.tsx";
import { Dot } from "../../ui/state.tsx";
import tableStyle from "../../ui/table.module.css";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import logStyle from "../guest/logs.module.css";
import style from "./show.module.css";
import { resultOf } from "./words.ts";

type Delivery = Schemas["Delivery"];
const idOf = ({ id }: Delivery): string => id;

function deliveryColumns(
  text: Messages,
  language: string,
  open: (id: string) => void,
): readonly Column<Delivery>[] {
  const t = text.webhooks;
  return [
    {
      id: "type",
      header: t.type,
      width: "minmax(130px, 1fr)",
      cell: ({ id, type }) => (
        <button type="button" className={`mono ${tableStyle["plain"]}`} onClick={() => open(id)}>
          {type}
        </button>
      ),
    },
    {
      id: "result",
      header: t.result,
      width: "minmax(110px, 1.6fr)",
      cell: (delivery) => {
        const words = resultOf(delivery, text);
        return (
          <span title={words}>
            <Dot tone={delivery.delivered ? "good" : "bad"}>{words}</Dot>
          </span>
        );
      },
    },
    {
      id: "why",
      header: t.why,
      width: "110px",
      wide: true,
      cell: ({ why, attempt }) => <span className="soft">{t.whys[why](attempt)}</span>,
    },
    {
      id: "took",
      header: text.operations.took,
      width: "80px",
      end: true,
      wide: true,
      cell: ({ milliseconds }) => <span className="number soft">{span(milliseconds, language)}</span>,
    },
    {
      id: "at",
      header: t.sent,
      width: "100px",
      end: true,
      wide: true,
      cell: ({ at }) => (
        <span className="soft">
          <Since at={at} />
        </span>
      ),
    },
  ];
}

export function Deliveries({ webhook }: { readonly webhook: string }) {
  const { text, language } = useLanguage();
  const t = text.webhooks;
  const { data, error, refetch } = useRead("deliveryList", { params: { webhook } });
  const [opened, setOpened] = useState<string>();
  const columns = useMemo(() => deliveryColumns(text, language, setOpened), [text, language]);
  const shown = data?.find(({ id }) => id === opened);
  return (
    <Section title={t.deliveries} hint={t.deliveriesHint}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={t.noDeliveries} hint={t.noDeliveriesHint} />}
      {data && data.length > 0 && <Table label={t.deliveries} rows={data} columns={columns} id={idOf} />}
      <Dialog opened={shown !== undefined} onClose={() => setOpened(undefined)} title={shown?.type} size="lg">
        {shown && <Details webhook={webhook} delivery={shown} />}
      </Dialog>
    </Section>
  );
}

interface DetailsProps {
  readonly webhook: string;
  readonly delivery: Delivery;
}

function Details({ webhook, delivery }: DetailsProps) {
  const { text, language } = useLanguage();
  const t = text.webhooks;
  const again = useChange("deliveryRedeliver");
  const { id, message, at, why, attempt, milliseconds, body, answer } = delivery;
  return (
    <>
      <Facts
        of={[
          [t.result, resultOf(delivery, text)],
          [t.sent, moment(at, language)],
          [t.why, t.whys[why](attempt)],
          [text.operations.took, span(milliseconds, language)],
          [t.message, <span className="mono">{message}</span>],
        ]}
      />
      <Part title={t.body} content={JSON.stringify(JSON.parse(body), null, 2)} />
      {answer !== undefined && <Part title={t.answer} content={answer} />}
      <Button
        variant="default"
        mt="md"
        loading={again.isPending}
        onClick={() =>
          again.mutate(
            { params: { webhook, delivery: id } },
            {
              onSuccess: (sent) => tell(`${sent.type}: ${resultOf(sent, text)}`),
            },
          )
        }
      >
        {t.again}
      </Button>
    </>
  );
}

function Part({ title, content }: { readonly title: string; readonly content: string }) {
  return (
    <div className={style["part"]}>
      <h3>{title}</h3>
      <pre className={logStyle["log"]} style={{ maxHeight: "32vh" }} tabIndex={0} aria-label={title}>
        {content}
      </pre>
    </div>
  );
}
