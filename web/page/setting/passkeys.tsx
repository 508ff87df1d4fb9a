/** Passkeys of one's own. */
import { Button, Group, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { errorOf } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { addPasskey, hasPasskeys } from "../../data/passkey.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Card, Section } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";

type Passkey = Schemas["Passkey"];
const idOf = ({ id }: Passkey): string => id;

export function Passkeys() {
  const text = useText();
  const t = text.settings;
  const { data, error } = useRead("passkeyList");
  const remove = useChange("passkeyRemove").mutate;
  const columns = useMemo((): readonly Column<Passkey>[] => {
    return [
      { id: "name", header: text.common.name, width: "minmax(90px, 1fr)", cell: ({ name }) => <b>{name}</b> },
      { id: "site", header: t.passkeySite, width: "minmax(90px, 1fr)", wide: true, cell: ({ site }) => site },
      {
        id: "used",
        header: text.tokens.lastUsed,
        width: "110px",
        cell: ({ lastUsedAt }) => (
          <span className="soft">
            {lastUsedAt === undefined ? text.tokens.never : <Since at={lastUsedAt} />}
          </span>
        ),
      },
      {
        id: "do",
        header: "",
        width: "92px",
        end: true,
        cell: ({ id, name }) => (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`${text.common.remove}: ${name}`}
            onClick={() => remove({ params: { passkey: id } })}
          >
            {text.common.remove}
          </Button>
        ),
      },
    ];
  }, [text, t, remove]);
  return (
    <Section title={t.passkeys} hint={t.passkeysHint}>
      {error && <Failure error={error} />}
      {data && data.length > 0 && <Table label={t.passkeys} rows={data} columns={columns} id={idOf} />}
      {hasPasskeys() && <Add />}
    </Section>
  );
}

function Add() {
  const text = useText();
  const t = text.settings;
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { mutate, error, isPending } = useMutation<Passkey | undefined, LodgeError>({
    mutationFn: async () => {
      try {
        return await addPasskey(name.trim(), password);
      } catch (failed) {
        throw errorOf(failed);
      }
    },
    onSuccess: () => {
      setName("");
      setPassword("");
      void queries.invalidateQueries({ queryKey: ["passkeyList"] });
    },
  });
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <Group align="end" gap="xs">
          <TextInput
            required
            withAsterisk={false}
            size="xs"
            label={text.common.name}
            placeholder={t.passkeyName}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            required
            withAsterisk={false}
            size="xs"
            w={180}
            label={t.current}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={isPending}>
            {t.passkeyAdd}
          </Button>
        </Group>
      </form>
      {error && <Failure error={error} />}
    </Card>
  );
}
