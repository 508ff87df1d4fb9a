/** Says how much a project may have at most; an empty field is no quota. */
import { NumberInput, SimpleGrid } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { resources, type Quota, type QuotaChange, type Resource } from "#contract/schema/quota";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { keyOf } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

const GiB = 2 ** 30;
const unit = (what: Resource): number => (what === "memory" || what === "disk" ? GiB : 1);

type Figures = Readonly<Record<Resource, number | "">>;

const figuresOf = (quota: Quota): Figures =>
  Object.fromEntries(
    resources.map((what) => {
      const limit = quota[what];
      return [what, limit === undefined ? "" : Math.round((limit / unit(what)) * 100) / 100];
    }),
  ) as Figures;

const changeOf = (figures: Figures): QuotaChange =>
  Object.fromEntries(
    resources.map((what) => {
      const figure = figures[what];
      return [what, figure === "" ? null : Math.round(figure * unit(what))];
    }),
  );

interface FormProps {
  readonly usage: Schemas["ProjectUsage"];
  close(): void;
}

export function QuotaForm({ usage: { project, quota }, close }: FormProps) {
  const text = useText();
  const t = text.quotas;
  const queries = useQueryClient();
  const [figures, setFigures] = useState(figuresOf(quota));
  const { mutate, error, isPending } = useChange("projectQuota", { quiet: true });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate(
          { params: { project }, body: changeOf(figures) },
          {
            onSuccess: (changed) => {
              queries.setQueryData(keyOf("projectUsage", { params: { project } }), changed);
              close();
            },
          },
        );
      }}
    >
      <p className="soft" style={{ marginBottom: 12 }}>
        {t.hint}
      </p>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        {resources.map((what, i) => (
          <NumberInput
            key={what}
            label={t.fields[what]}
            placeholder={t.none}
            min={0}
            decimalScale={unit(what) === 1 ? 0 : 2}
            value={figures[what]}
            onChange={(value) =>
              setFigures((before) => ({ ...before, [what]: typeof value === "number" ? value : "" }))
            }
            {...(i === 0 ? { "data-autofocus": true } : {})}
          />
        ))}
      </SimpleGrid>
      <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
    </form>
  );
}
