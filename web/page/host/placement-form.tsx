/** Changes by what policy guests are placed and spread. */
import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

type Settings = Schemas["PlacementSettings"];

interface PlacementFormProps {
  readonly settings: Settings;
  close(): void;
}

export function PlacementForm({ settings, close }: PlacementFormProps) {
  const text = useText();
  const t = text.placing;
  const [policy, setPolicy] = useState<string>(settings.policy);
  const [rebalance, setRebalance] = useState<string>(settings.rebalance);
  const [hours, setHours] = useState(settings.rebalanceHours ?? "");
  const [tolerance, setTolerance] = useState(Math.round(settings.tolerance * 100));
  const [reserve, setReserve] = useState(String(settings.reserve));
  const { mutate, error, isPending } = useChange("placementUpdate", { quiet: true });
  const options = (words: Readonly<Record<string, string>>) =>
    Object.entries(words).map(([value, label]) => ({ value, label }));
  function submit(): void {
    const body = {
      policy: policy as Settings["policy"],
      rebalance: rebalance as Settings["rebalance"],
      rebalanceHours: hours.trim() === "" ? null : hours.trim(),
      tolerance: tolerance / 100,
      reserve: Number(reserve),
    };
    mutate({ body }, { onSuccess: close });
  }
  return (
    <Dialog opened onClose={close} title={t.title} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <NativeSelect
          label={t.policy}
          value={policy}
          onChange={(event) => setPolicy(event.currentTarget.value)}
          data={options(t.policies)}
          data-autofocus
        />
        <NativeSelect
          mt="md"
          label={t.spread}
          description={t.spreadHint}
          value={rebalance}
          onChange={(event) => setRebalance(event.currentTarget.value)}
          data={options(t.rebalances)}
        />
        {rebalance === "apply" && (
          <TextInput
            mt="md"
            label={t.when}
            description={t.whenHint}
            placeholder="22-6"
            value={hours}
            onChange={(event) => setHours(event.currentTarget.value)}
          />
        )}
        <NumberInput
          mt="md"
          label={t.tolerance}
          description={t.toleranceHint}
          suffix=" %"
          min={0}
          max={100}
          value={tolerance}
          onChange={(value) => setTolerance(Number(value))}
        />
        <NativeSelect
          mt="md"
          label={t.reserve}
          description={t.reserveHint}
          value={reserve}
          onChange={(event) => setReserve(event.currentTarget.value)}
          data={[0, 1, 2, 3, 4].map((count) => ({
            value: String(count),
            label: count === 0 ? t.noReserve : t.hosts(count),
          }))}
        />
        <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}
