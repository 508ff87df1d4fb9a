/** Fields for how much a guest may take; an empty one is no limit. */
import { NumberInput, SimpleGrid, TextInput } from "@mantine/core";
import { useText } from "../../text/use-text.tsx";
import type { LimitWish } from "./limit-wish.ts";

interface FieldsProps {
  readonly wish: LimitWish;
  change(part: Partial<LimitWish>): void;
}

type Figures = Exclude<keyof LimitWish, "pin">;

/** What each takes at least, and whether in fractions. */
const figures = {
  cap: { min: 0.01, decimals: 2 },
  weight: { min: 1, decimals: 0 },
  readRate: { min: 0.01, decimals: 2 },
  writeRate: { min: 0.01, decimals: 2 },
  readOps: { min: 1, decimals: 0 },
  writeOps: { min: 1, decimals: 0 },
  netIn: { min: 0.01, decimals: 2 },
  netOut: { min: 0.01, decimals: 2 },
  swap: { min: 0, decimals: 0 },
} as const satisfies Record<Figures, { readonly min: number; readonly decimals: number }>;

export function LimitFields({ wish, change }: FieldsProps) {
  const t = useText().limits;
  const field = (name: Figures) => (
    <NumberInput
      key={name}
      label={t.fields[name]}
      placeholder={name === "weight" ? "100" : t.unlimited}
      min={figures[name].min}
      decimalScale={figures[name].decimals}
      value={wish[name]}
      onChange={(value) => change({ [name]: typeof value === "number" ? value : "" })}
    />
  );
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
      {(["cap", "weight"] as const).map(field)}
      <TextInput
        label={t.fields.pin}
        placeholder={t.allProcessors}
        value={wish.pin}
        onChange={(event) => change({ pin: event.currentTarget.value })}
        spellCheck={false}
        autoComplete="off"
      />
      {(["swap", "readRate", "writeRate", "readOps", "writeOps", "netIn", "netOut"] as const).map(field)}
    </SimpleGrid>
  );
}
