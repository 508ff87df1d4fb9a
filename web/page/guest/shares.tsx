/** Folders of the host that a guest sees. */
import { Button, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import type { Question } from "../../ui/question.ts";
import { OfHost } from "./of-host.tsx";

type Guest = Schemas["Guest"];
type Share = NonNullable<Guest["shares"]>[number];

const nameOf = ({ name }: Share): string => name;

export function Shares({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.shares;
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("shareRemove").mutate;
  const columns = useMemo((): readonly Column<Share>[] => {
    const ask = ({ name }: Share) =>
      setAsked({
        title: t.removeTitle(name),
        warning: t.removeWarning,
        action: text.common.remove,
        confirm: () =>
          remove(
            { params: { guest: guest.id, share: name } },
            { onSuccess: (changed) => putObject(queries, "guest", changed) },
          ),
      });
    return [
      { id: "name", header: t.name, width: "minmax(60px, 1fr)", cell: ({ name }) => <b>{name}</b> },
      {
        id: "path",
        header: t.path,
        width: "minmax(96px, 2fr)",
        wide: true,
        cell: ({ path }) => <span className="mono">{path}</span>,
      },
      {
        id: "at",
        header: t.at,
        width: "minmax(96px, 2fr)",
        cell: ({ at }) => <span className="mono">{at}</span>,
      },
      {
        id: "may",
        header: t.may,
        width: "120px",
        wide: true,
        cell: ({ readOnly }) => (readOnly ? t.mayRead : t.mayWrite),
      },
      {
        id: "do",
        header: "",
        width: "104px",
        end: true,
        cell: (share) => (
          <Button
            size="compact-xs"
            variant="default"
            disabled={!may("remove-share", guest)}
            onClick={() => ask(share)}
          >
            {text.common.remove}
          </Button>
        ),
      },
    ];
  }, [t, text, guest, remove, queries]);
  return (
    <>
      <OfHost
        guest={guest}
        needs="add-share"
        words={t}
        rows={guest.shares ?? []}
        columns={columns}
        id={nameOf}
        dialog={(close) => <AddShare guest={guest} close={close} />}
      />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}

function AddShare({ guest, close }: { readonly guest: Guest; close(): void }) {
  const t = useText().shares;
  const queries = useQueryClient();
  const [path, setPath] = useState("");
  const [at, setAt] = useState("");
  const [readOnly, setReadOnly] = useState(false);
  const { mutate, error, isPending } = useChange("shareAdd", { quiet: true });
  const submit = () => {
    const place = at.trim() === "" ? {} : { at: at.trim() };
    mutate(
      { params: { guest: guest.id }, body: { path: path.trim(), readOnly, ...place } },
      {
        onSuccess(changed) {
          putObject(queries, "guest", changed);
          close();
        },
      },
    );
  };
  return (
    <Dialog opened onClose={close} title={t.add} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          label={t.path}
          description={t.pathHint}
          placeholder="/srv/code"
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
          required
          spellCheck={false}
          autoComplete="off"
          data-autofocus
        />
        <TextInput
          mt="md"
          label={t.at}
          description={t.atHint}
          value={at}
          onChange={(event) => setAt(event.currentTarget.value)}
          spellCheck={false}
          autoComplete="off"
        />
        <Switch
          mt="md"
          label={t.readOnly}
          description={t.readOnlyHint}
          checked={readOnly}
          onChange={(event) => setReadOnly(event.currentTarget.checked)}
        />
        <FormEnd
          action={t.add}
          close={close}
          error={error}
          pending={isPending}
          disabled={path.trim() === ""}
        />
      </form>
    </Dialog>
  );
}
