/** A directory that speaks LDAP: where it is, who reads it, and whom it lets in. */
import { PasswordInput, Stack, Switch, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import type { GlobalRole } from "#contract/access";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { blankOfEach, NameFields, RoleField } from "./of-each.tsx";
import { given, linesOf, useFields } from "./fields.ts";

interface FormProps {
  readonly kind: "ldap" | "active-directory";
  close(): void;
}

const blank = {
  ...blankOfEach,
  urls: "",
  base: "",
  bindDn: "",
  secret: "",
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
  const { mutate, error, isPending } = useChange("providerCreate", { quiet: true });
  function submit(): void {
    const requireGroups = linesOf(wish.requireGroups);
    const body = {
      kind,
      name: wish.name.trim(),
      urls: linesOf(wish.urls),
      base: wish.base.trim(),
      startTls,
      ...given("title", wish.title),
      ...given("bindDn", wish.bindDn),
      ...(wish.secret === "" ? {} : { secret: wish.secret }),
      ...given("userFilter", wish.userFilter),
      ...given("groupsBase", wish.groupsBase),
      ...given("groupFilter", wish.groupFilter),
      ...given("ca", wish.ca),
      ...(wish.role === "" ? {} : { role: wish.role as GlobalRole }),
      ...(requireGroups.length === 0 ? {} : { requireGroups }),
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
      </Stack>
      <FormEnd
        action={t.add}
        close={close}
        error={error}
        pending={isPending}
        disabled={wish.name === "" || wish.urls.trim() === "" || wish.base === ""}
      />
    </form>
  );
}
