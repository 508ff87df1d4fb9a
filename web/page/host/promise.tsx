/** What the host has promised its guests, and how much it may. */
import { Button, NumberInput, SimpleGrid } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { keyOf, useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { bytes, integer } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Card, Columns, Section } from "../../ui/page.tsx";

/** Of the cluster, by its name; undefined: the one that is asked. */
export interface OfHost {
  readonly host?: string | undefined;
}

type HostPromise = Schemas["HostPromise"];
const kinds = ["memory", "cpus", "disk"] as const;
type Kind = (typeof kinds)[number];

/** `children`: what is below, which would be pushed down if it came first. */
export function Promised({ host, children }: OfHost & { readonly children: ReactNode }) {
  const text = useText();
  const t = text.promise;
  const { data, error, refetch } = useRead("hostPromise", {}, { host });
  useEffect(() => void refetch(), [refetch]);
  const [changing, change] = useDisclosure();
  const allowed = useMayOnHost("admin");
  if (!data) return error ? children : null;
  const button = (
    <Button variant="default" onClick={change.open}>
      {t.change}
    </Button>
  );
  return (
    <>
      <Section title={t.title} hint={t.hint} {...(allowed ? { actions: button } : {})}>
        <Columns>
          {kinds.map((kind) => (
            <Share key={kind} kind={kind} of={data[kind]} />
          ))}
        </Columns>
        <Dialog opened={changing} onClose={change.close} title={t.change} size="sm">
          {changing && <Form host={host} promise={data} close={change.close} />}
        </Dialog>
      </Section>
      {children}
    </>
  );
}

function Share({ kind, of }: { readonly kind: Kind; readonly of: HostPromise[Kind] }) {
  const { text, language } = useLanguage();
  const t = text.promise;
  const { promised, limit, ratio, chosen } = of;
  const show = (amount: number) =>
    kind === "cpus" ? integer(Math.round(amount), language) : bytes(Math.round(amount), language);
  const why = `${ratio.toLocaleString(language)} ×, ${chosen ? text.templates.chosen : text.templates.byDefault}`;
  return (
    <Card>
      <p style={{ marginBottom: 8 }}>
        <b>{t.names[kind]}</b>{" "}
        <span className="soft number">
          {text.templates.taken(show(promised), show(limit))} ({why})
        </span>
      </p>
      <Meter label={t.names[kind]} share={limit === 0 ? 0 : promised / limit} />
    </Card>
  );
}

type Ratios = Readonly<Record<Kind, number | "">>;

interface FormProps extends OfHost {
  readonly promise: HostPromise;
  close(): void;
}

function Form({ host, promise, close }: FormProps) {
  const text = useText();
  const t = text.promise;
  const queries = useQueryClient();
  const now = (kind: Kind) => (promise[kind].chosen ? promise[kind].ratio : "");
  const [ratios, setRatios] = useState<Ratios>({
    memory: now("memory"),
    cpus: now("cpus"),
    disk: now("disk"),
  });
  const { mutate, error, isPending } = useChange("hostUpdate", { quiet: true });
  const orNull = (ratio: number | "") => (ratio === "" ? null : ratio);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const { memory, cpus, disk } = ratios;
        mutate(
          { host, body: { overcommit: { memory: orNull(memory), cpus: orNull(cpus), disk: orNull(disk) } } },
          {
            onSuccess: (changed) => {
              queries.setQueryData(keyOf("hostPromise", {}, host), changed);
              close();
            },
          },
        );
      }}
    >
      <p className="soft" style={{ marginBottom: 12 }}>
        {t.ratioHint}
      </p>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        {kinds.map((kind, i) => (
          <NumberInput
            key={kind}
            label={t.names[kind]}
            placeholder={String(promise[kind].ratio)}
            min={0.001}
            max={10_000}
            decimalScale={3}
            suffix=" ×"
            value={ratios[kind]}
            onChange={(value) =>
              setRatios((before) => ({ ...before, [kind]: typeof value === "number" ? value : "" }))
            }
            {...(i === 0 ? { "data-autofocus": true } : {})}
          />
        ))}
      </SimpleGrid>
      <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
    </form>
  );
}
