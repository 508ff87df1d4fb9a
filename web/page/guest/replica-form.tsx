/** Keeps a copy of a guest's disks on a second host, or no more. */
import { NativeSelect } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { useHosts } from "../../data/hosts.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface ReplicaFormProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

export function ReplicaForm({ guest, close }: ReplicaFormProps) {
  const t = useText().replica;
  const queries = useQueryClient();
  const hosts = useHosts().data?.filter(
    ({ name, answers, witness }) => answers && !witness && name !== guest.host,
  );
  const [to, setTo] = useState("");
  const set = useChange("replicaSet", { quiet: true });
  const remove = useChange("replicaDelete", { quiet: true });
  const params = { guest: guest.id };
  function submit(): void {
    if (guest.replica)
      return remove.mutate(
        { params },
        {
          onSuccess: (changed) => {
            putObject(queries, "guest", changed);
            close();
          },
        },
      );
    set.mutate({ params, body: to === "" ? {} : { to } }, { onSuccess: close });
  }
  return (
    <Dialog opened onClose={close} title={t.of(guest.name)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="soft">{guest.replica ? t.removeHint(guest.replica.host) : t.setHint}</p>
        {!guest.replica && (
          <NativeSelect
            mt="sm"
            label={t.to}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            data={[{ value: "", label: t.best }, ...(hosts ?? []).map(({ name }) => name)]}
          />
        )}
        <FormEnd
          action={guest.replica ? t.remove : t.set}
          close={close}
          error={guest.replica ? remove.error : set.error}
          pending={set.isPending || remove.isPending}
          destroys={guest.replica !== undefined}
        />
      </form>
    </Dialog>
  );
}
