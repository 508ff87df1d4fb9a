/** Who may have a desktop of the pool. */
import { Checkbox, TagsInput } from "@mantine/core";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import type { FieldsProps } from "./more-fields.tsx";
import style from "./form.module.css";

const distinct = (words: readonly string[]): string[] => [...new Set(words)].toSorted();

export function WhoFields({ wish, change }: FieldsProps) {
  const t = useText().desktopPools;
  // Who looks after accounts is shown those that there are.
  const accounts = useRead("userList", {}, { enabled: useMayOnHost("admin") }).data ?? [];
  const people = distinct(accounts.map(({ name }) => name));
  const groups = distinct(accounts.flatMap(({ groups: given, told }) => [...given, ...(told?.groups ?? [])]));
  const strangers = people.length === 0 ? [] : wish.users.filter((name) => !people.includes(name));
  const nobody = wish.users.length + wish.groups.length + wish.claims.length === 0;
  return (
    <fieldset className={style["who"]}>
      <legend>{t.who}</legend>
      <Checkbox
        size="xs"
        label={t.everyone}
        checked={wish.everyone}
        onChange={(event) => change({ everyone: event.currentTarget.checked })}
      />
      {!wish.everyone && (
        <>
          <TagsInput
            label={t.users}
            description={strangers.length > 0 ? t.strangers(strangers.join(", ")) : undefined}
            data={people}
            value={[...wish.users]}
            onChange={(users) => change({ users })}
            splitChars={[",", " "]}
            acceptValueOnBlur
          />
          <TagsInput
            label={t.groups}
            description={t.groupsHint}
            data={groups}
            value={[...wish.groups]}
            onChange={(chosen) => change({ groups: chosen })}
            splitChars={[","]}
            acceptValueOnBlur
          />
          <TagsInput
            label={t.claims}
            description={t.claimsHint}
            placeholder="department=sales"
            value={[...wish.claims]}
            onChange={(claims) => change({ claims })}
            splitChars={[","]}
            acceptValueOnBlur
          />
          {nobody && <p className="soft">{t.nobodyYet}</p>}
        </>
      )}
    </fieldset>
  );
}
