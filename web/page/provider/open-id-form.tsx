/** A provider of OpenID Connect. */
import { PasswordInput, Text, TextInput, Textarea } from "@mantine/core";
import { origin } from "../../data/api.ts";
import { useText } from "../../text/use-text.tsx";
import { blankOfEach, NameFields, ofEach, RoleField } from "./of-each.tsx";
import { given, linesOf, useFields } from "./fields.ts";
import { ProviderForm } from "./provider-form.tsx";

const blank = { ...blankOfEach, issuer: "", clientId: "", groupsClaim: "", require: "" };

export function OpenIdForm({ close }: { close(): void }) {
  const t = useText().providers;
  const { wish, field } = useFields(blank);
  const body = () => {
    const require = linesOf(wish.require);
    return {
      ...ofEach(wish),
      kind: "oidc" as const,
      issuer: wish.issuer.trim(),
      clientId: wish.clientId.trim(),
      ...given("groupsClaim", wish.groupsClaim),
      ...(require.length === 0 ? {} : { require }),
    };
  };
  const complete = wish.name !== "" && wish.issuer !== "" && wish.clientId !== "";
  return (
    <ProviderForm body={body} complete={complete} close={close}>
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
    </ProviderForm>
  );
}
