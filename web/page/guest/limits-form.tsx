/** Changes how much a guest may take, at once. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { LimitFields } from "./limit-fields.tsx";
import { toChange, wishOf, type LimitWish } from "./limit-wish.ts";

interface FormProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

export function LimitsForm({ guest, close }: FormProps) {
  const text = useText();
  const t = text.limits;
  const queries = useQueryClient();
  const [wish, setWish] = useState<LimitWish>(wishOf(guest.limits));
  const { mutate, error, isPending } = useChange("guestUpdate", { quiet: true });
  return (
    <Dialog opened onClose={close} title={t.of(guest.name)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(
            { params: { guest: guest.id }, body: { limits: toChange(wish) } },
            {
              onSuccess: (changed) => {
                putObject(queries, "guest", changed);
                close();
              },
            },
          );
        }}
      >
        <p className="soft" style={{ marginBottom: 12 }}>
          {t.hint}
        </p>
        <LimitFields wish={wish} change={(part) => setWish((before) => ({ ...before, ...part }))} />
        <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}
