/** What templates may take of memory and disk, together, and another choice of it. */
import { Button, Group, NumberInput, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { keyOf, useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Card, Columns, Section } from "../../ui/page.tsx";

type TemplateBudget = Schemas["TemplateBudget"];
const GiB = 1024 ** 3;

/** `host`: of the cluster, by its name; undefined: the one that is asked. */
export function Budget({ host }: { readonly host?: string | undefined }) {
  const text = useText();
  const t = text.templates;
  const { data } = useRead("templateBudgetGet", {}, { host });
  const [changing, change] = useDisclosure();
  const allowed = useMay("admin");
  if (!data) return null;
  const button = (
    <Button variant="default" onClick={change.open}>
      {text.budgetForm.change}
    </Button>
  );
  return (
    <Section title={t.budget} {...(allowed ? { actions: button } : {})}>
      <Columns>
        <Share label={t.budgetMemory} of={data.memory} />
        <Share label={t.budgetDisk} of={data.disk} />
      </Columns>
      <Dialog opened={changing} onClose={change.close} title={text.budgetForm.title} size="sm">
        {changing && <Form host={host} budget={data} close={change.close} />}
      </Dialog>
    </Section>
  );
}

type Limit = number | "";

const inGiB = ({ limit, chosen }: TemplateBudget["memory"]): Limit =>
  chosen ? Math.round((limit / GiB) * 100) / 100 : "";
const toBytes = (limit: Limit): number | null => (limit === "" ? null : Math.round(limit * GiB));

interface FormProps {
  readonly host: string | undefined;
  readonly budget: TemplateBudget;
  close(): void;
}

function Form({ host, budget, close }: FormProps) {
  const t = useText().budgetForm;
  const queries = useQueryClient();
  const [memory, setMemory] = useState<Limit>(inGiB(budget.memory));
  const [disk, setDisk] = useState<Limit>(inGiB(budget.disk));
  const { mutate, error, isPending } = useChange("templateBudgetUpdate", { quiet: true });
  const field = (set: (limit: Limit) => void) => ({
    min: 0,
    decimalScale: 2,
    onChange: (value: number | string) => set(typeof value === "number" ? value : ""),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate(
          { host, body: { memory: toBytes(memory), disk: toBytes(disk) } },
          {
            onSuccess: (changed) => {
              queries.setQueryData(keyOf("templateBudgetGet", {}, host), changed);
              close();
            },
          },
        );
      }}
    >
      <Group grow align="end">
        <NumberInput label={t.memory} value={memory} {...field(setMemory)} data-autofocus />
        <NumberInput label={t.disk} value={disk} {...field(setDisk)} />
      </Group>
      <Text size="sm" c="dimmed" mt="xs">
        {t.hint}
      </Text>
      <FormEnd action={t.change} close={close} error={error} pending={isPending} />
    </form>
  );
}

interface ShareProps {
  readonly label: string;
  readonly of: TemplateBudget["memory"];
}

function Share({ label, of: { taken, limit, chosen } }: ShareProps) {
  const { text, language } = useLanguage();
  const t = text.templates;
  return (
    <Card>
      <p style={{ marginBottom: 8 }}>
        <b>{label}</b>{" "}
        <span className="soft number">
          {t.taken(bytes(taken, language), bytes(limit, language))} ({chosen ? t.chosen : t.byDefault})
        </span>
      </p>
      <Meter label={label} share={limit === 0 ? 0 : taken / limit} />
    </Card>
  );
}
