/** A new provider. Lodge asks it at once, so that a wrong address is told here and not at the first sign-in. */
import { NativeSelect, Stack } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { DirectoryForm } from "./directory-form.tsx";
import { OpenIdForm } from "./open-id-form.tsx";

interface AddProps {
  readonly opened: boolean;
  close(): void;
}

const kinds = ["oidc", "ldap", "active-directory"] as const;
type Kind = (typeof kinds)[number];

export function AddProvider({ opened, close }: AddProps) {
  const t = useText().providers;
  return (
    <Dialog opened={opened} onClose={close} title={t.add}>
      {opened && <Forms close={close} />}
    </Dialog>
  );
}

function Forms({ close }: { close(): void }) {
  const t = useText().providers;
  const [kind, setKind] = useState<Kind>("oidc");
  return (
    <Stack gap="sm">
      <NativeSelect
        label={t.kind}
        value={kind}
        data={kinds.map((each) => ({ value: each, label: t.kinds[each] }))}
        onChange={(event) => setKind(event.currentTarget.value as Kind)}
      />
      {kind === "oidc" ? (
        <OpenIdForm close={close} />
      ) : (
        <DirectoryForm key={kind} kind={kind} close={close} />
      )}
    </Stack>
  );
}
