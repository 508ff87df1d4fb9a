/** A directory that speaks LDAP: where it is, who reads it, and whom it lets in. */
import { PasswordInput, Switch, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../text/use-text.tsx";
import { blankOfEach, NameFields, ofEach, RoleField } from "./of-each.tsx";
import { given, linesOf, useFields } from "./fields.ts";
import { ProviderForm } from "./provider-form.tsx";

interface FormProps {
  readonly kind: "ldap" | "active-directory";
  close(): void;
}

const blank = {
  ...blankOfEach,
  urls: "",
  base: "",
  bindDn: "",
  userFilter: "",
  groupsBase: "",
  groupFilter: "",
  ca: "",
  requireGroups: "",
};

export function DirectoryForm({ kind, close }: FormProps) {
  const t = useText().providers;
  const { wish, field } = useFields(blank);
  const [startTls, setStartTls] = useState(false);
  const body = () => {
    const requireGroups = linesOf(wish.requireGroups);
    return {
      ...ofEach(wish),
      kind,
      urls: linesOf(wish.urls),
      base: wish.base.trim(),
      startTls,
      ...given("bindDn", wish.bindDn),
      ...given("userFilter", wish.userFilter),
      ...given("groupsBase", wish.groupsBase),
      ...given("groupFilter", wish.groupFilter),
      ...given("ca", wish.ca),
      ...(requireGroups.length === 0 ? {} : { requireGroups }),
    };
  };
  const complete = wish.name !== "" && wish.urls.trim() !== "" && wish.base !== "";
  return (
    <ProviderForm body={body} complete={complete} close={close}>
      <Textarea
        required
        label={t.servers}
        description={t.serversHint}
        autosize
        minRows={2}
        {...field("urls")}
      />
      <Switch
        label={t.startTls}
        checked={startTls}
        onChange={(event) => setStartTls(event.currentTarget.checked)}
      />
      <NameFields field={field} />
      <TextInput required label={t.base} description={t.baseHint} {...field("base")} />
      <TextInput label={t.reader} description={t.readerHint} {...field("bindDn")} />
      <PasswordInput label={t.readerPassword} description={t.secretHint} {...field("secret")} />
      <RoleField wish={wish} field={field} />
      <Textarea
        label={t.requireGroups}
        description={t.requireGroupsHint}
        autosize
        minRows={2}
        {...field("requireGroups")}
      />
      <TextInput label={t.groupsBase} description={t.groupsBaseHint} {...field("groupsBase")} />
      <TextInput label={t.userFilter} description={t.userFilterHint} {...field("userFilter")} />
      <TextInput label={t.groupFilter} description={t.groupFilterHint} {...field("groupFilter")} />
      <Textarea label={t.authority} description={t.authorityHint} autosize minRows={2} {...field("ca")} />
    </ProviderForm>
  );
}
