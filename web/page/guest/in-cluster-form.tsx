/** Changes where a guest may be among the hosts of a cluster, and whether it comes back when its host dies. */
import { Checkbox, NumberInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { usualPriority } from "./wish.ts";
import { placeWish, toPlacement, type PlaceWish } from "./place-wish.ts";

interface FormProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

export function InClusterForm({ guest, close }: FormProps) {
  const text = useText();
  const t = text.place;
  const queries = useQueryClient();
  const [wish, setWish] = useState<PlaceWish>(placeWish(guest.placement));
  const [available, setAvailable] = useState(guest.ha !== undefined);
  const [priority, setPriority] = useState(guest.ha?.priority ?? usualPriority);
  const { mutate, error, isPending } = useChange("guestUpdate", { quiet: true });
  const changeWish = (part: Partial<PlaceWish>) => setWish((before) => ({ ...before, ...part }));
  function submit(): void {
    const ha = available ? { priority } : null;
    const same = ha?.priority === guest.ha?.priority;
    const placement = toPlacement(wish, guest.placement);
    mutate(
      { params: { guest: guest.id }, body: { placement, ...(same ? {} : { ha }) } },
      {
        onSuccess: (changed) => {
          putObject(queries, "guest", changed);
          close();
        },
      },
    );
  }
  return (
    <Dialog opened onClose={close} title={t.of(guest.name)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Checkbox
          label={t.ha}
          description={t.haHint}
          checked={available}
          onChange={(event) => setAvailable(event.currentTarget.checked)}
        />
        {available && (
          <NumberInput
            mt="sm"
            label={t.priority}
            description={t.priorityHint}
            min={0}
            max={9999}
            allowDecimal={false}
            value={priority}
            onChange={(value) => setPriority(typeof value === "number" ? value : usualPriority)}
          />
        )}
        <p className="soft" style={{ margin: "20px 0 12px" }}>
          {t.hint}
        </p>
        <Wishes wish={wish} change={changeWish} />
        <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}

interface WishesProps {
  readonly wish: PlaceWish;
  change(part: Partial<PlaceWish>): void;
}

type Lists = { [K in keyof PlaceWish]: PlaceWish[K] extends string ? K : never }[keyof PlaceWish];

function Wishes({ wish, change }: WishesProps) {
  const t = useText().place;
  const list = (name: Lists, label: string, hint: string) => (
    <TextInput
      mt="sm"
      label={label}
      description={hint}
      value={wish[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      spellCheck={false}
      autoCapitalize="none"
      autoComplete="off"
    />
  );
  const strict = (name: "nearStrict" | "apartStrict", of: string) =>
    of.trim() !== "" && (
      <Checkbox
        mt={6}
        size="xs"
        label={t.strict}
        checked={wish[name]}
        onChange={(event) => change({ [name]: event.currentTarget.checked })}
      />
    );
  return (
    <>
      {list("hosts", t.onlyOn, t.onlyOnHint)}
      {list("hostLabels", t.hostLabels, t.hostLabelsHint)}
      {list("near", t.near, t.nearHint)}
      {strict("nearStrict", wish.near)}
      {list("apart", t.apart, t.apartHint)}
      {strict("apartStrict", wish.apart)}
      {list("tolerations", t.tolerates, t.toleratesHint)}
    </>
  );
}
