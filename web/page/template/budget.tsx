/** What templates may take of memory and disk, together. */
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Card, Columns, Section } from "../../ui/page.tsx";

export function Budget() {
  const t = useText().templates;
  const { data } = useRead("templateBudgetGet");
  if (!data) return null;
  return (
    <Section title={t.budget}>
      <Columns>
        <Share label={t.budgetMemory} of={data.memory} />
        <Share label={t.budgetDisk} of={data.disk} />
      </Columns>
    </Section>
  );
}

interface ShareProps {
  readonly label: string;
  readonly of: Schemas["TemplateBudget"]["memory"];
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
