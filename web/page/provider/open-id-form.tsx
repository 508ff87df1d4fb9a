/** A provider of OpenID Connect. */
import { PasswordInput, Stack, Text, TextInput, Textarea } from "@mantine/core";
import type { GlobalRole } from "#contract/access";
import { origin } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { blankOfEach, NameFields, RoleField } from "./of-each.tsx";
import { given, linesOf, useFields } from "./fields.ts";

const blank = { ...blankOfEach, issuer: "", clientId: "", secret: "", groupsClaim: "", require: "" };

export function OpenIdForm({ close }: { close(): void }) {
  const t = useText().providers;
  const { wish, field } = useFields(blank);
  const { mutate, error, isPending } = useChange("providerCreate", { quiet: true });
  function submit(): void {
    const require = linesOf(wish.require);
    const body = {
      kind: "oidc" as const,
      name: wish.name.trim(),
      issuer: wish.issuer.trim(),
      clientId: wish.clientId.trim(),
      ...given("title", wish.title),
      ...given("groupsClaim", wish.groupsClaim),
      ...(wish.secret === "" ? {} : { secret: wish.secret }),
      ...(wish.role === "" ? {} : { role: wish.role as GlobalRole }),
      ...(require.length === 0 ? {} : { require }),
    };
    mutate({ body }, { onSuccess: () => close() });
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
        <NameFields field={field} />
        <TextInput required label={t.client} {...field("clientId")} />
        <PasswordInput label={t.secret} description={t.secretHint} {...field("secret")} />
        <RoleField wish={wish} field={field} />
        <Textarea label={t.require} description={t.requireHint} autosize minRows={2} {...field("require")} />
        <TextInput label={t.groupsClaim} description={t.groupsClaimHint} {...field("groupsClaim")} />
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
