/** Changes where a guest may be among the hosts of a cluster, and whether it comes back when its host dies. */
import { NumberInput, Switch } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface FormProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

const usualPriority = 100;

export function InClusterForm({ guest, close }: FormProps) {
  const text = useText();
  const t = text.place;
  const queries = useQueryClient();
  const [available, setAvailable] = useState(guest.ha !== undefined);
  const [priority, setPriority] = useState(guest.ha?.priority ?? usualPriority);
  const { mutate, error, isPending } = useChange("guestUpdate", { quiet: true });
  function submit(): void {
    const ha = available ? { priority } : null;
    const same = ha?.priority === guest.ha?.priority;
    mutate(
      { params: { guest: guest.id }, body: same ? {} : { ha } },
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
        <Switch
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
        <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}
