/** A new provider. Lodge asks it at once, so that a wrong address is told here and not at the first sign-in. */
import { NativeSelect, PasswordInput, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { globalRoles, type GlobalRole } from "#contract/access";
import { origin } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface AddProps {
  readonly opened: boolean;
  close(): void;
}

export function AddProvider({ opened, close }: AddProps) {
  const t = useText().providers;
  return (
    <Dialog opened={opened} onClose={close} title={t.add}>
      {opened && <Form close={close} />}
    </Dialog>
  );
}

const blank = { name: "", title: "", issuer: "", clientId: "", secret: "", role: "", require: "" };

function Form({ close }: { close(): void }) {
  const text = useText();
  const t = text.providers;
  const [wish, setWish] = useState(blank);
  const { mutate, error, isPending } = useChange("providerCreate", { quiet: true });
  const field = (name: keyof typeof blank) => ({
    value: wish[name],
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      const { value } = event.currentTarget;
      setWish((before) => ({ ...before, [name]: value }));
    },
  });
  function submit(): void {
    const require = wish.require
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    mutate(
      {
        body: {
          name: wish.name.trim(),
          issuer: wish.issuer.trim(),
          clientId: wish.clientId.trim(),
          ...(wish.title.trim() === "" ? {} : { title: wish.title.trim() }),
          ...(wish.secret === "" ? {} : { secret: wish.secret }),
          ...(wish.role === "" ? {} : { role: wish.role as GlobalRole }),
          ...(require.length === 0 ? {} : { require }),
        },
      },
      {
        onSuccess: () => close(),
      },
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="sm">
        <TextInput required label={t.issuer} description={t.issuerHint} {...field("issuer")} data-autofocus />
        <TextInput required label={t.name} description={t.nameHint} {...field("name")} />
        <TextInput label={t.shown} {...field("title")} />
        <TextInput required label={t.client} {...field("clientId")} />
        <PasswordInput label={t.secret} description={t.secretHint} {...field("secret")} />
        <NativeSelect
          label={t.role}
          description={wish.role === "" ? t.noRoleHint : text.users.roleHints[wish.role as GlobalRole]}
          data={[
            { value: "", label: t.noRole },
            ...globalRoles.map((role) => ({ value: role, label: text.users.roles[role] })),
          ]}
          {...field("role")}
        />
        <Textarea label={t.require} description={t.requireHint} autosize minRows={2} {...field("require")} />
        <Text size="sm">
          {t.callback}: <code className="mono">{`${origin}/`}</code>
        </Text>
      </Stack>
      <FormEnd
        action={t.add}
        close={close}
        error={error}
        pending={isPending}
        disabled={wish.name === "" || wish.issuer === "" || wish.clientId === ""}
      />
    </form>
  );
}
