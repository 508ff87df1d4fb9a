/** Makes a firewall group. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface FormProps {
  close(): void;
  made(firewall: Schemas["Firewall"]): void;
}

export function FirewallForm({ close, made }: FormProps) {
  const text = useText();
  const t = text.firewalls;
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = useChange("firewallCreate", { quiet: true });
  return (
    <Dialog opened onClose={close} title={t.add} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = { name: name.trim(), description: description.trim() };
          create.mutate({ body }, { onSuccess: made });
        }}
      >
        <TextInput
          required
          label={text.common.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
        />
        <TextInput
          mt="md"
          label={text.common.description}
          description={t.newHint}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <FormEnd action={text.common.create} close={close} error={create.error} pending={create.isPending} />
      </form>
    </Dialog>
  );
}
