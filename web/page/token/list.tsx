/** Tokens: what programs sign in with. */
import { Button, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { globalRoles, highestRole, type GlobalRole } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useSession } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { moment } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { ListPage } from "../../ui/list-page.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Secret } from "../../ui/secret.tsx";
import type { Column } from "../../ui/column.ts";
import { Since } from "../../ui/time.tsx";
import { Dialog } from "../../ui/dialog.tsx";

type Token = Schemas["Token"];
const idOf = ({ id }: Token): string => id;
const nameOf = ({ name }: Token): string => name;
const byName = { by: "name" } as const;

function tokenColumns(
  text: Messages,
  language: string,
  revoke: (token: Token) => void,
): readonly Column<Token>[] {
  const t = text.tokens;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(110px, 1.4fr)",
      sort: nameOf,
      cell: ({ name }) => <b>{name}</b>,
    },
    {
      id: "user",
      header: t.whose,
      width: "minmax(80px, 1fr)",
      wide: true,
      cell: ({ user }) => user ?? t.host,
    },
    { id: "role", header: text.users.role, width: "90px", cell: ({ role }) => text.users.roles[role] },
    {
      id: "used",
      header: t.lastUsed,
      width: "120px",
      wide: true,
      cell: ({ lastUsedAt }) => (
        <span className="soft">{lastUsedAt === undefined ? t.never : <Since at={lastUsedAt} />}</span>
      ),
    },
    {
      id: "expires",
      header: t.expires,
      width: "minmax(150px, 1fr)",
      wide: true,
      cell: ({ expiresAt }) => (
        <span className="soft">{expiresAt === undefined ? t.forever : moment(expiresAt, language)}</span>
      ),
    },
    {
      id: "do",
      header: "",
      width: "90px",
      end: true,
      cell: (token) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${t.revoke}: ${token.name}`}
          onClick={() => revoke(token)}
        >
          {t.revoke}
        </Button>
      ),
    },
  ];
}

export function TokenList() {
  const { text, language } = useLanguage();
  const t = text.tokens;
  const read = useRead("tokenList");
  const person = useSession().data?.kind === "user";
  const [asked, setAsked] = useState<Question>();
  const [secret, setSecret] = useState<string>();
  const [making, make] = useDisclosure();
  const remove = useChange("tokenDelete").mutate;
  const columns = useMemo(
    () =>
      tokenColumns(text, language, ({ id, name }) =>
        setAsked({
          title: t.revokeTitle(name),
          warning: t.revokeWarning,
          action: t.revoke,
          confirm: () => remove({ params: { token: id } }),
        }),
      ),
    [text, language, t, remove],
  );
  return (
    <ListPage
      text={t}
      read={read}
      add={person && make.open}
      columns={columns}
      id={idOf}
      name={nameOf}
      order={byName}
    >
      <MakeToken opened={making} close={make.close} hand={setSecret} />
      <Secret title={t.secret} hint={t.secretHint} secret={secret} close={() => setSecret(undefined)} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </ListPage>
  );
}

interface MakeProps {
  readonly opened: boolean;
  close(): void;
  hand(secret: string): void;
}

const day = 86_400;
const forever = "0";

function MakeToken({ opened, close, hand }: MakeProps) {
  const text = useText();
  const t = text.tokens;
  const { data: person } = useSession();
  const most = person ? highestRole(person) : "none";
  const [name, setName] = useState("");
  const [role, setRole] = useState<GlobalRole>();
  const [days, setDays] = useState("90");
  const { mutate, error, isPending } = useChange("tokenCreate", { quiet: true });
  /** None can do more than who makes it. */
  const possible = globalRoles.slice(0, globalRoles.indexOf(most) + 1);
  function submit(): void {
    const seconds = days === forever ? null : Number(days) * day;
    mutate(
      { body: { name: name.trim(), role: role ?? most, seconds } },
      {
        onSuccess: (made) => {
          close();
          setName("");
          hand(made.secret);
        },
      },
    );
  }
  return (
    <Dialog opened={opened} onClose={close} title={t.add} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          required
          label={text.common.name}
          description={t.nameHint}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          spellCheck={false}
          data-autofocus
        />
        <Select
          mt="md"
          label={text.users.role}
          allowDeselect={false}
          data={possible.map((value) => ({ value, label: text.users.roles[value] }))}
          value={role ?? most}
          onChange={(value) => setRole(value as GlobalRole)}
        />
        <Select
          mt="md"
          label={t.days}
          allowDeselect={false}
          data={[
            ...[1, 7, 30, 90, 365].map((count) => ({ value: String(count), label: t.dayCount(count) })),
            { value: forever, label: t.forever },
          ]}
          value={days}
          onChange={(value) => setDays(value ?? "90")}
        />
        <FormEnd action={text.common.create} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}
