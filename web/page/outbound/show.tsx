/** What of this computer's own networks addresses that people give may lead to. */
import { Button, Group, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useChange } from "../../data/change.ts";
import { keyOf, useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Card, Page, Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";

interface Opened {
  readonly address: string;
}
const idOf = ({ address }: Opened): string => address;

export function Outbound() {
  const text = useText();
  const t = text.outbound;
  const queries = useQueryClient();
  const { data, error, refetch } = useRead("outboundGet");
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState<Question>();
  const { mutate, error: refused, isPending } = useChange("outboundUpdate", { quiet: true });
  const allow = useMemo(() => data?.allow ?? [], [data]);
  const change = useMemo(
    () => (next: string[], then?: () => void) =>
      mutate(
        { body: { allow: next } },
        {
          onSuccess: (rules) => {
            queries.setQueryData(keyOf("outboundGet"), rules);
            then?.();
          },
        },
      ),
    [mutate, queries],
  );
  const columns = useMemo(
    (): readonly Column<Opened>[] => [
      {
        id: "address",
        header: t.address,
        width: "1fr",
        cell: ({ address }) => <span className="mono">{address}</span>,
      },
      {
        id: "do",
        header: "",
        width: "140px",
        end: true,
        cell: ({ address }) => (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`${t.close}: ${address}`}
            onClick={() =>
              setAsked({
                title: t.closeTitle(address),
                warning: t.closeWarning,
                action: t.close,
                confirm: () => change(allow.filter((each) => each !== address)),
              })
            }
          >
            {t.close}
          </Button>
        ),
      },
    ],
    [t, allow, change],
  );
  return (
    <Page title={t.title} narrow>
      <p className="soft">{t.hint}</p>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && (
        <Section title={t.allowed}>
          {allow.length > 0 ? (
            <Table
              label={t.allowed}
              rows={allow.map((address) => ({ address }))}
              columns={columns}
              id={idOf}
            />
          ) : (
            <Empty title={t.empty} hint={t.emptyHint} />
          )}
          <Card>
            <form
              onSubmit={(event) => {
                event.preventDefault();
                const address = typed.trim();
                if (address !== "") change([...allow, address], () => setTyped(""));
              }}
            >
              <Group align="end" gap="xs">
                <TextInput
                  size="xs"
                  label={t.address}
                  description={t.addressHint}
                  value={typed}
                  onChange={(event) => setTyped(event.currentTarget.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
                <Button type="submit" variant="default" disabled={typed.trim() === ""} loading={isPending}>
                  {t.add}
                </Button>
              </Group>
            </form>
            {refused && <Failure error={refused} />}
          </Card>
        </Section>
      )}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}
