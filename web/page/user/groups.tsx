/** The groups that an account is in: those given here, which can be changed, and those that its provider told. */
import { Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface GroupsProps {
  readonly user: Schemas["User"] | undefined;
  close(): void;
}

export function UserGroups({ user, close }: GroupsProps) {
  const t = useText().users;
  return (
    <Dialog opened={user !== undefined} onClose={close} title={t.groupsTitle(user?.name ?? "")} size="sm">
      {user && <Form user={user} close={close} />}
    </Dialog>
  );
}

function Form({ user, close }: { readonly user: Schemas["User"]; close(): void }) {
  const text = useText();
  const t = text.users;
  const [groups, setGroups] = useState(user.groups.join("\n"));
  const { mutate, error, isPending } = useChange("userUpdate", { quiet: true });
  const { told } = user;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const lines = groups.split("\n").map((line) => line.trim());
        mutate(
          { params: { user: user.id }, body: { groups: [...new Set(lines.filter(Boolean))] } },
          { onSuccess: () => close() },
        );
      }}
    >
      <Textarea
        label={t.groups}
        description={t.groupsHint}
        autosize
        minRows={3}
        value={groups}
        onChange={(event) => setGroups(event.currentTarget.value)}
        spellCheck={false}
        data-autofocus
      />
      {told && told.groups.length > 0 && (
        <Text size="sm" mt="sm" style={{ overflowWrap: "anywhere" }}>
          {t.groupsTold(told.provider)}: {told.groups.join(", ")}
        </Text>
      )}
      <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
    </form>
  );
}
