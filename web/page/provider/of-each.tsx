/** What is asked of every provider: what it is called, and what becomes of who comes by it for the first time. */
import { NativeSelect, TextInput } from "@mantine/core";
import { globalRoles, type GlobalRole } from "#contract/access";
import { useText } from "../../text/use-text.tsx";
import { given, type useFields } from "./fields.ts";

export const blankOfEach = { name: "", title: "", role: "", secret: "" };

/** Of what is sent, the same. */
export const ofEach = ({ name, title, role, secret }: typeof blankOfEach) => ({
  name: name.trim(),
  ...given("title", title),
  ...(secret === "" ? {} : { secret }),
  ...(role === "" ? {} : { role: role as GlobalRole }),
});

interface OfEachProps {
  readonly wish: typeof blankOfEach;
  readonly field: ReturnType<typeof useFields<typeof blankOfEach>>["field"];
}

/** What it is called. */
export function NameFields({ field }: Pick<OfEachProps, "field">) {
  const t = useText().providers;
  return (
    <>
      <TextInput required label={t.name} description={t.nameHint} {...field("name")} />
      <TextInput label={t.shown} {...field("title")} />
    </>
  );
}

export function RoleField({ wish, field }: OfEachProps) {
  const text = useText();
  const t = text.providers;
  return (
    <NativeSelect
      label={t.role}
      description={wish.role === "" ? t.noRoleHint : text.users.roleHints[wish.role as GlobalRole]}
      data={[
        { value: "", label: t.noRole },
        ...globalRoles.map((role) => ({ value: role, label: text.users.roles[role] })),
      ]}
      {...field("role")}
    />
  );
}
