/** Makes an account; its password is chosen by whoever gets the link. */
import { Radio, TextInput } from "@mantine/core";
import { useState } from "react";
import { globalRoles, type GlobalRole } from "#contract/access";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { linkOf, type Handed } from "./handed.ts";

interface AddProps {
  readonly opened: boolean;
  close(): void;
  hand(handed: Handed): void;
}

export function AddUser({ opened, close, hand }: AddProps) {
  const text = useText();
  const t = text.users;
  const [name, setName] = useState("");
  const [role, setRole] = useState<GlobalRole>("operator");
  const create = useChange("userCreate", { quiet: true });
  const reset = useChange("userReset");
  function submit(): void {
    create.mutate(
      { body: { name: name.trim(), role } },
      {
        onSuccess: ({ id, name: made }) => {
          close();
          setName("");
          reset.mutate(
            { params: { user: id } },
            { onSuccess: (link) => hand({ name: made, link: linkOf(link) }) },
          );
        },
      },
    );
  }
  return (
    <Dialog opened={opened} onClose={close} title={t.add} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
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
        <Radio.Group mt="md" label={t.role} value={role} onChange={(value) => setRole(value as GlobalRole)}>
          {globalRoles.map((each) => (
            <Radio
              key={each}
              mt="xs"
              size="xs"
              value={each}
              label={t.roles[each]}
              description={t.roleHints[each]}
            />
          ))}
        </Radio.Group>
        <FormEnd action={text.common.create} close={close} error={create.error} pending={create.isPending} />
      </form>
    </Dialog>
  );
}
