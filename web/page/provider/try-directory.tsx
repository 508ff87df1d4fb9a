/** What a directory says about somebody, and what would come of that one's sign-in. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Facts } from "../../ui/page.tsx";

interface TryProps {
  readonly provider: { readonly name: string; readonly title: string } | undefined;
  close(): void;
}

export function TryDirectory({ provider, close }: TryProps) {
  const t = useText().providers;
  return (
    <Dialog opened={provider !== undefined} onClose={close} title={`${t.test}: ${provider?.title ?? ""}`}>
      {provider && <Form provider={provider.name} close={close} />}
    </Dialog>
  );
}

function Form({ provider, close }: { readonly provider: string; close(): void }) {
  const t = useText().providers;
  const [name, setName] = useState("");
  const { mutate, data, error, isPending } = useChange("providerTest", { quiet: true });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ params: { provider }, body: { name: name.trim() } });
      }}
    >
      <TextInput
        required
        label={t.person}
        description={t.personHint}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      {data && <Finding found={data} />}
      <FormEnd action={t.ask} close={close} error={error} pending={isPending} disabled={name.trim() === ""} />
    </form>
  );
}

function Finding({ found }: { readonly found: Schemas["DirectoryFinding"] }) {
  const text = useText();
  const t = text.providers;
  const { dn, groups, account, login, role, refusal, server } = found;
  const rows: readonly (readonly [what: string, value: string])[] = [
    [t.entry, dn],
    [t.server, server],
    [text.users.groups, groups.join(", ") || t.noGroups],
    [t.account, account ?? t.accountMade(login)],
    refusal === undefined ? [text.users.role, role ? text.users.roles[role] : ""] : [t.refused, refusal],
  ];
  return (
    <div role="status" style={{ marginTop: 16 }}>
      <Facts of={rows} />
    </div>
  );
}
