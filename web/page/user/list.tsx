/** Accounts: who may use this Lodge, and as what. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { globalRoles, type GlobalRole } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useSession } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { Secret } from "../../ui/secret.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import { AddUser } from "./add.tsx";
import { UserGroups } from "./groups.tsx";
import { linkOf, type Handed } from "./handed.ts";

type User = Schemas["User"];
const idOf = ({ id }: User): string => id;
const nameOf = ({ name }: User): string => name;
const groupsOf = ({ groups, told }: User): string[] => [...new Set([...groups, ...(told?.groups ?? [])])];
const byName = { by: "name" } as const;

/** What can be done to an account. */
interface Doing {
  role(user: User, role: GlobalRole): void;
  groups(user: User): void;
  bar(user: User): void;
  reset(user: User): void;
  remove(user: User): void;
}

function useDoing(
  ask: (question: Question) => void,
  hand: (handed: Handed) => void,
  groups: (user: User) => void,
): Doing {
  const t = useText().users;
  const update = useChange("userUpdate").mutate;
  const reset = useChange("userReset").mutate;
  const remove = useChange("userDelete").mutate;
  return {
    role: ({ id }, role) => update({ params: { user: id }, body: { role } }),
    groups,
    bar: ({ id, barred, lapsed }) => update({ params: { user: id }, body: { barred: !(barred || lapsed) } }),
    reset: ({ id, name }) =>
      reset({ params: { user: id } }, { onSuccess: (made) => hand({ name, link: linkOf(made) }) }),
    remove: ({ id, name }) =>
      ask({
        title: t.removeTitle(name),
        warning: t.removeWarning,
        action: t.removeTitle(name),
        name,
        confirm: () => remove({ params: { user: id } }),
      }),
  };
}

export function UserList() {
  const text = useText();
  const t = text.users;
  const { data, error, refetch } = useRead("userList");
  const me = useSession().data?.user;
  const [asked, setAsked] = useState<Question>();
  const [handed, setHanded] = useState<Handed>();
  const [adding, add] = useDisclosure();
  const [grouped, setGrouped] = useState<User>();
  const doing = useDoing(setAsked, setHanded, setGrouped);
  const columns = useMemo(() => userColumns(text, me, doing), [text, me, doing]);
  const button = (
    <Button leftSection={<IconPlus size={14} />} onClick={add.open}>
      {t.add}
    </Button>
  );
  return (
    <Page title={t.title} actions={button}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && data.length > 0 && (
        <Table label={t.title} rows={data} columns={columns} id={idOf} name={nameOf} order={byName} />
      )}
      {data && data.length < 2 && <Empty title={t.empty} hint={t.emptyHint} />}
      <UserGroups user={grouped} close={() => setGrouped(undefined)} />
      <AddUser opened={adding} close={add.close} hand={setHanded} />
      <Secret
        title={t.linkTitle(handed?.name ?? "")}
        hint={t.linkHint}
        secret={handed?.link}
        close={() => setHanded(undefined)}
      />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

function userColumns(text: Messages, me: string | undefined, doing: Doing): readonly Column<User>[] {
  const t = text.users;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(120px, 1.5fr)",
      sort: nameOf,
      cell: ({ name, barred, lapsed }) => (
        <>
          <b>{name}</b>{" "}
          <span className="soft">
            {[name === me ? t.you : "", barred ? t.barred : lapsed ? t.lapsed : ""]
              .filter(Boolean)
              .join(", ")}
          </span>
        </>
      ),
    },
    {
      id: "role",
      header: t.role,
      width: "minmax(90px, 1fr)",
      sort: ({ role }) => role,
      cell: ({ role }) => t.roles[role],
    },
    {
      id: "groups",
      header: t.groups,
      width: "minmax(110px, 1.5fr)",
      wide: true,
      cell: (user) => <span className="soft">{groupsOf(user).join(", ")}</span>,
    },
    {
      id: "last",
      header: t.lastSignIn,
      width: "130px",
      wide: true,
      sort: ({ lastSignInAt = "" }) => lastSignInAt,
      cell: ({ lastSignInAt }) => (
        <span className="soft">{lastSignInAt === undefined ? t.never : <Since at={lastSignInAt} />}</span>
      ),
    },
    { id: "menu", header: "", width: "32px", cell: (user) => <UserMenu user={user} doing={doing} /> },
  ];
}

function UserMenu({ user, doing }: { readonly user: User; readonly doing: Doing }) {
  const text = useText();
  const t = text.users;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${user.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.role}</Menu.Label>
        {globalRoles
          .filter((role) => role !== user.role)
          .map((role) => (
            <Menu.Item key={role} onClick={() => doing.role(user, role)}>
              {t.roles[role]}: {t.roleHints[role]}
            </Menu.Item>
          ))}
        <Menu.Divider />
        <Menu.Item onClick={() => doing.groups(user)}>{t.groups}</Menu.Item>
        <Menu.Item onClick={() => doing.reset(user)}>{t.reset}</Menu.Item>
        <Menu.Item onClick={() => doing.bar(user)}>{user.barred || user.lapsed ? t.admit : t.bar}</Menu.Item>
        <Menu.Item c="var(--bad)" onClick={() => doing.remove(user)}>
          {text.common.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
