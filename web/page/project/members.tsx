/** Who was granted a role in a project, and the form that grants one. */
import { ActionIcon, Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { roles, type Role } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import style from "./members.module.css";

interface MembersProps {
  readonly project: string;
  /** May whoever is signed in grant roles in it? */
  readonly may: boolean;
  close(): void;
}

export function Members({ project, may, close }: MembersProps) {
  const text = useText();
  const t = text.projects;
  const { data, error, refetch } = useRead("memberList", { params: { project } });
  const grant = useChange("memberGrant", { quiet: true });
  const revoke = useChange("memberRevoke").mutate;
  const set = (user: string, role: Role, done: () => void = () => undefined) =>
    grant.mutate({ params: { project }, body: { user, role } }, { onSuccess: () => done() });
  return (
    <Dialog opened onClose={close} title={t.membersOf(project)} size="md">
      <p className="soft">{t.membersHint}</p>
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <p>{t.noMembers}</p>}
      {data && data.length > 0 && (
        <ul className={style["members"]} aria-label={t.membersOf(project)}>
          {data.map((member) => (
            <MemberRow
              key={member.user}
              member={member}
              may={may}
              set={set}
              revoke={() => revoke({ params: { project, user: member.user } })}
            />
          ))}
        </ul>
      )}
      {grant.error && <Failure error={grant.error} />}
      {may && <GrantForm pending={grant.isPending} grant={set} />}
    </Dialog>
  );
}

interface RowProps {
  readonly member: Schemas["Member"];
  readonly may: boolean;
  set(user: string, role: Role): void;
  revoke(): void;
}

function MemberRow({ member: { user, role }, may, set, revoke }: RowProps) {
  const text = useText();
  return (
    <li>
      <b>{user}</b>
      {may ? (
        <Group gap={4} wrap="nowrap">
          <NativeSelect
            size="xs"
            aria-label={`${text.users.role}: ${user}`}
            value={role}
            onChange={(event) => set(user, event.currentTarget.value as Role)}
            data={roles.map((value) => ({ value, label: text.users.roles[value] }))}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${text.common.remove}: ${user}`}
            onClick={revoke}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ) : (
        <span className="soft">{text.users.roles[role]}</span>
      )}
    </li>
  );
}

interface GrantProps {
  readonly pending: boolean;
  grant(user: string, role: Role, done: () => void): void;
}

function GrantForm({ pending, grant }: GrantProps) {
  const text = useText();
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("operator");
  return (
    <form
      className={style["grant"]}
      onSubmit={(event) => {
        event.preventDefault();
        grant(user.trim(), role, () => setUser(""));
      }}
    >
      <TextInput
        required
        className={style["who"] ?? ""}
        label={text.projects.account}
        value={user}
        onChange={(event) => setUser(event.currentTarget.value)}
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
      />
      <NativeSelect
        label={text.users.role}
        value={role}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
        data={roles.map((value) => ({ value, label: text.users.roles[value] }))}
      />
      <Button type="submit" size="sm" loading={pending}>
        {text.projects.grant}
      </Button>
    </form>
  );
}
